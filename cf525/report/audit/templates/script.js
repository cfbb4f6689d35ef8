"use strict";
(() => {
  const body = document.querySelector("#table tbody");
  const filter = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const empty = document.getElementById("empty");
  const tiles = [...document.querySelectorAll(".tile")];
  const rows = [...body.rows].map((row) => ({
    row,
    severity: row.className,
    text: row.textContent.toLowerCase(),
    cells: [...row.cells].map((cell) => cell.textContent),
    rank: Number(row.dataset.rank),
    requests: Number(row.dataset.requests),
  }));
  const columns = { host: 1, status: 2, mode: 3, cause: 4, expires: 6 };
  let severity = "";

  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const each of rows) {
      const match = (!severity || each.severity === severity) && words.every((word) => each.text.includes(word));
      if (each.row.hidden === match) each.row.hidden = !match;
      count += match ? 1 : 0;
    }
    shown.value = count === rows.length ? `${count} hosts` : `${count} of ${rows.length} hosts`;
    empty.hidden = count > 0;
  };

  const sort = (key, direction) => {
    const column = columns[key];
    const compare = column === undefined
      ? (a, b) => a[key] - b[key]
      : (a, b) => a.cells[column].localeCompare(b.cells[column], "en", { numeric: true });
    rows.sort((a, b) => direction * compare(a, b) || a.rank - b.rank);
    body.append(...rows.map((each) => each.row));
  };

  for (const button of document.querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const down = head.ariaSort === "ascending";
      for (const other of head.parentElement.children) other.ariaSort = "none";
      head.ariaSort = down ? "descending" : "ascending";
      sort(button.dataset.sort, down ? -1 : 1);
    });
  }

  for (const tile of tiles) {
    tile.addEventListener("click", () => {
      severity = severity === tile.dataset.severity ? "" : tile.dataset.severity;
      for (const each of tiles) each.ariaPressed = String(each.dataset.severity === severity);
      apply();
    });
  }

  for (const button of document.querySelectorAll("[data-filter]")) {
    button.addEventListener("click", () => {
      filter.value = button.dataset.filter;
      apply();
      document.getElementById("hosts").scrollIntoView();
    });
  }

  let from = null;
  const moved = () => {
    const page = document.querySelector("article.host:target");
    document.title = page ? `${page.dataset.host} · cf525 audit` : title;
    if (page) {
      scrollTo(0, 0);
      page.focus({ preventScroll: true });
    } else if (from) {
      from.focus();
    }
  };
  const title = document.title;
  body.addEventListener("click", (event) => {
    from = event.target.closest("a") ?? from;
  });
  addEventListener("hashchange", moved);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.querySelector("article.host:target")) location.hash = "#hosts";
    if (event.key === "/" && document.activeElement !== filter) {
      event.preventDefault();
      filter.focus();
    }
  });
  filter.form.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("input", apply);
  if (filter.value) apply();
  if (location.hash) moved();
})();
