// The usual length follows the kind until somebody sets it; the name is asked for only where somebody else speaks.
(function () {
  "use strict";
  var kind = document.getElementById("id_kind");
  var minutes = document.getElementById("id_minutes");
  var usual = JSON.parse(document.getElementById("kind-minutes").textContent);
  var isOwn = false;
  minutes.addEventListener("change", function () { isOwn = true; });
  kind.addEventListener("change", function () {
    if (!isOwn && usual[kind.value]) { minutes.value = String(usual[kind.value]); }
  });

  var lecturer = document.getElementById("id_lecturer");
  var other = document.querySelector("[data-somebody-else]");
  if (!lecturer || !other) { return; }
  var speaker = document.getElementById("id_speaker");
  function show() {
    var asked = lecturer.value === "other" || other.querySelector(".errorlist");
    other.hidden = !asked && !speaker.value;
  }
  lecturer.addEventListener("change", function () {
    if (lecturer.value !== "other") { speaker.value = ""; }
    show();
    if (lecturer.value === "other") { speaker.focus(); }
  });
  show();
})();
