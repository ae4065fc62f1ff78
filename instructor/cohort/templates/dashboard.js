"use strict";
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const valueOf = (row, column) => {
  const cell = row.cells[column];
  return (cell.dataset.value ?? cell.textContent).trim().replace("−", "-");
};

// Rows whose value is missing (–) stay at the end, whichever way the others go.
function sort(table, column, kind, direction) {
  const sign = direction === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].map((row) => [valueOf(row, column), row]);
  const compare = kind === "text" ? collator.compare : (a, b) => parseFloat(a) - parseFloat(b);
  const missing = (value) => value === "" || value === "–";
  rows.sort(([a], [b]) => missing(a) - missing(b) || (missing(a) ? 0 : sign * compare(a, b)));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const kind = head.dataset.sort;
    if (!kind) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const first = kind === "number" ? "descending" : "ascending";
      const other = kind === "number" ? "ascending" : "descending";
      const direction = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction);
      sort(table, column, kind, direction);
    });
  });
}

// Not every browser opens a folded part when a link leads into it.
function reveal(hash) {
  const target = document.getElementById(hash.slice(1));
  const folded = target && target.closest("details");
  if (folded) folded.open = true;
}
addEventListener("hashchange", () => reveal(location.hash));
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link) reveal(link.hash);
});
reveal(location.hash);

const heat = document.querySelector(".heat");
if (heat) {
  const boxes = document.querySelectorAll(".folds input");
  const show = (open) => boxes.forEach((box) => { box.checked = open; });
  const buttons = document.querySelector(".buttons");
  buttons.hidden = false;
  for (const button of buttons.children) {
    button.addEventListener("click", () => show(button.dataset.fold === "open"));
  }
  if (innerWidth < 1000 && Number(heat.dataset.tasks) > Number(heat.dataset.many)) show(false);

  const heads = heat.tHead.rows[0].cells;
  const said = {};
  for (const swatch of document.querySelectorAll(".legend .swatch")) {
    said[swatch.classList[1]] = swatch.nextSibling.textContent.trim();
  }
  const here = document.querySelector(".here");
  here.hidden = false;
  heat.addEventListener("mouseover", (event) => {
    const cell = event.target.closest("td");
    if (!cell || cell.cellIndex < 2) return;
    const told = said[cell.classList[0]] || (cell.textContent ? `${cell.textContent} points` : "not graded");
    here.textContent = `${cell.parentNode.cells[0].textContent} · ${heads[cell.cellIndex].title} · ${told}`;
  });
}
