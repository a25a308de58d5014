// Counts while ticking, ticks all or none, shows one class, and warns before unsaved ticks are lost.
// Without it every button of the form saves and the page comes back as asked.
(function () {
  "use strict";
  var form = document.querySelector("[data-roll]");
  var boxes = Array.prototype.slice.call(form.querySelectorAll("input[name=here]"));
  if (!boxes.length) { return; }
  var items = Array.prototype.slice.call(form.querySelectorAll("li[data-classes]"));
  var fixed = items.length - boxes.length;
  var save = document.querySelector("[data-save]");
  var here = form.querySelector("[data-here]");
  var missing = form.querySelector("[data-missing]");
  var isSaved = true;

  function count() {
    var n = fixed + boxes.filter(function (box) { return box.checked; }).length;
    here.textContent = String(n);
    missing.textContent = String(items.length - n);
    save.textContent = save.dataset.save.replace("#", String(n));
  }

  function visible(box) { return !box.closest("li").hidden; }

  form.addEventListener("change", function (event) {
    if (event.target.name === "here") { isSaved = false; count(); }
  });

  form.addEventListener("click", function (event) {
    var tick = event.target.closest("[data-tick]");
    var show = event.target.closest("[data-show]");
    if (tick) {
      event.preventDefault();
      boxes.filter(visible).forEach(function (box) { box.checked = tick.dataset.tick === "all"; });
      isSaved = false;
      count();
    } else if (show && form.querySelector("input[name=class]") === null) {
      event.preventDefault();
      only(show);
    }
  });

  function only(chip) {
    var asked = chip.dataset.show;
    items.forEach(function (item) {
      var box = item.querySelector("input[name=here]");
      item.hidden = asked === "missing" ? !box || box.checked
        : asked !== "all" && (" " + item.dataset.classes + " ").indexOf(" " + asked + " ") < 0;
    });
    Array.prototype.forEach.call(form.querySelectorAll("[data-show]"), function (other) {
      other.setAttribute("aria-pressed", String(other === chip));
    });
  }

  form.addEventListener("submit", function () { isSaved = true; });
  window.addEventListener("beforeunload", function (event) {
    if (!isSaved) { event.preventDefault(); event.returnValue = ""; }
  });
  Array.prototype.forEach.call(form.querySelectorAll("[data-show][hidden]"), function (chip) { chip.hidden = false; });
  count();
})();
