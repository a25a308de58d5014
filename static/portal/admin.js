"use strict";

/* What the staff pages do beyond plain links and forms. Without it: the menu opens by its anchor, filters stay
   open until closed, and tables scroll sideways on a phone. */

// A phone shows each row of a list as a card, with the column's name before the value.
function nameCells(table) {
  const names = Array.from(table.querySelectorAll("thead th"), (head) => head.textContent.trim());
  for (const row of table.tBodies[0] ? table.tBodies[0].rows : []) {
    Array.from(row.cells).forEach((cell, index) => {
      if (names[index]) cell.dataset.label = names[index];
    });
  }
  table.classList.add("named");
}
document.querySelectorAll("#result_list, table.cards").forEach(nameCells);

// Only one drop-down is open, and a click elsewhere or Escape closes it.
const menus = Array.from(document.querySelectorAll("details[data-menu]"));
function closeMenus(except) {
  menus.forEach((menu) => {
    if (menu !== except) menu.open = false;
  });
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = menus.find((menu) => menu.open);
  closeMenus();
  if (open) open.querySelector("summary").focus();
  if (location.hash === "#sidebar") location.hash = "";
});

// The boxes that look things up take their name from the label of the field they stand for.
function nameLookups() {
  document.querySelectorAll("select.admin-autocomplete").forEach((select) => {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const box = select.parentElement.querySelector(".select2-selection");
    if (!label || !box) return;
    label.id = label.id || `${select.id}_label`;
    const shown = box.querySelector("[role=textbox]");
    if (shown) shown.setAttribute("aria-labelledby", label.id);
    box.setAttribute("aria-labelledby", [label.id, shown ? shown.id : ""].join(" ").trim());
  });
}
// They are made by a timer that is set when the page is ready; a timer set later runs after it.
window.addEventListener("load", () => setTimeout(nameLookups, 0));

// What is to be mended comes into sight: on a phone it may lie far below.
const wrong = document.querySelector(".form-row.errors");
const toMend = wrong && wrong.querySelector("input:not([type=hidden]), select, textarea");
if (toMend) {
  wrong.scrollIntoView({ block: "center" });
  toMend.focus({ preventScroll: true });
}

// Fields in the cells of a table are named by their column, the halves of a date with a time by their row.
function nameFields() {
  document.querySelectorAll(".inline-group td, p.datetime").forEach((holder) => {
    if (holder.classList.contains("delete")) {
      const heads = holder.closest("table").querySelectorAll("thead th");
      const box = holder.querySelector("input[type=checkbox]");
      if (box && heads.length) box.setAttribute("aria-label", heads[heads.length - 1].textContent.trim());
      return;
    }
    const column = Array.from(holder.classList, (name) => /^field-(.+)$/.exec(name)).find(Boolean);
    const name = column
      ? holder.closest("table").querySelector(`th.column-${column[1]}`)
      : (holder.closest(".form-row") || holder.parentElement).querySelector("label, legend");
    if (!name) return;
    holder.querySelectorAll("input:not([type=hidden]), select, textarea").forEach((field) => {
      if (!field.labels || !field.labels.length) field.setAttribute("aria-label", name.textContent.trim());
    });
  });
}
nameFields();
document.addEventListener("formset:added", nameFields);
