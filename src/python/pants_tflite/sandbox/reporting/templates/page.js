"use strict";
// Sorts and filters; shows the times of timings.js. Without this, all else can be read as well.
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // Rows without a value come last, whichever way.
  function sort(table, column, ascending) {
    const kind = table.tHead.rows[0].cells[column].dataset.kind;
    const body = table.tBodies[0];
    const value = (row) => row.cells[column].dataset.value;
    const order = (a, b) => kind === "text" ? a.localeCompare(b) : Number(a) - Number(b);
    const rows = Array.from(body.rows);
    rows.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      return ascending ? order(x, y) : order(y, x);
    });
    body.append(...rows);
  }

  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((header, column) => {
      header.querySelector("button").addEventListener("click", () => {
        const ascending = header.getAttribute("aria-sort") !== "ascending";
        all("thead th", table).forEach((other) => other.setAttribute("aria-sort", "none"));
        header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        sort(table, column, ascending);
      });
    });
  }

  const form = document.querySelector(".filters");
  const [text, family] = [document.getElementById("filter"), document.getElementById("family")];
  function filter() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = all(".models tbody tr");
    for (const row of rows) {
      const found = words.every((word) => row.dataset.text.toLowerCase().includes(word));
      row.hidden = !found || Boolean(family && family.value && family.value !== row.dataset.family);
    }
    const shown = rows.filter((row) => !row.hidden).length;
    document.getElementById("matches").value = shown < rows.length ? `${shown} of ${rows.length}` : "";
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());

  function duration(seconds) {
    const [value, unit] = seconds < 1e-3 ? [seconds * 1e6, "µs"] : seconds < 1 ? [seconds * 1e3, "ms"] : [seconds, "s"];
    return `${value.toPrecision(3)} ${unit}`;
  }

  const timings = window.tfliteTimings;
  if (timings) {
    const models = new Map(timings.models.map((model) => [model.address, model]));
    for (const cell of all("[data-latency]")) {
      const model = models.get(cell.dataset.latency);
      if (!model || model.seconds === null) { cell.textContent = "–"; continue; }
      cell.dataset.value = model.ratio ?? "";
      cell.textContent = model.ratio === null ? duration(model.seconds) : `${model.ratio.toFixed(2)}× `;
      if (model.ratio !== null) {
        const time = document.createElement("span");
        time.className = "muted";
        time.textContent = duration(model.seconds);
        cell.append(time);
      }
    }
    for (const place of all("[data-seconds]")) {
      const model = models.get(place.dataset.seconds);
      place.textContent = !model ? "–" : model.seconds === null ? model.note : duration(model.seconds);
    }
    for (const cell of all("[data-op]")) {
      const [address, op] = [cell.dataset.op.replace(/ [^ ]*$/, ""), cell.dataset.op.replace(/^.* /, "")];
      const seconds = models.get(address)?.ops[op];
      cell.dataset.value = seconds ?? "";
      cell.textContent = seconds === undefined ? "–" : duration(seconds);
    }
    const rows = document.getElementById("change-rows");
    for (const change of rows ? timings.changes : []) {
      const row = rows.insertRow();
      const [address, ...texts] = change;
      const header = document.createElement("th");
      header.scope = "row";
      header.textContent = address;
      row.append(header);
      texts.forEach((text, column) => {
        const cell = row.insertCell();
        cell.textContent = text;
        if (column > 0) cell.className = "number";
      });
      document.getElementById("change-table").hidden = false;
      document.getElementById("no-changes")?.remove();
    }
    for (const part of all("[data-times]")) part.hidden = false;
  }

  // A link to a model or a section opens what it is in; printing opens everything.
  addEventListener("beforeprint", () => all("details").forEach((details) => { details.open = true; }));
})();
