// Filters, sorts and pages what the page holds as data. The first page of each list is in the document as it comes; the data
// is read when somebody first asks for more. Text becomes nodes of text, never markup.
"use strict";
(() => {
  const make = (name, attributes, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...inside);
    return element;
  };
  const read = new Map();
  const data = (id) => {
    if (!read.has(id)) read.set(id, JSON.parse(document.getElementById(id).textContent));
    return read.get(id);
  };
  const get = (id) => document.getElementById(id);

  // What a fact says in lines, such as a statement, is shown as it is written.
  const fact = ({ name, value }) => [make("dt", {}, name), make("dd", value.includes("\n") ? { class: "code" } : {}, value)];
  const finding = (one) => {
    const inside = make("div", { class: "inside" });
    if (one.remedy) inside.append(make("p", {}, one.remedy));
    inside.append(make("dl", {}, ...[{ name: "ARN", value: one.subject.arn }, ...one.evidence].flatMap(fact)));
    if (one.mend) {
      const call = JSON.stringify({ tool: one.mend.tool, arguments: one.mend.arguments }, null, 2);
      inside.append(make("p", {}, `The call that would mend it (${one.mend.note}):`), make("pre", { tabindex: "0" }, call));
    } else {
      inside.append(make("p", {}, "No tool can mend it."));
    }
    const what = make("span", { class: "what" }, make("b", {}, one.code), one.what);
    const who = make("span", { class: "who" }, `${one.subject.kind} ${one.subject.name}`);
    const severity = make("span", { class: `severity ${one.severity}` }, one.severity);
    return make("details", { class: "finding" }, make("summary", {}, severity, who, what), inside);
  };
  const COLUMNS = ["name", "type", "kind", "confidence", "access", "escalates", "lastUsed", "findings", "because"];
  const LEVELS = ["none", "read", "write", "permissions-management", "administrator"];
  const identity = (row) => {
    const cells = row.map((value, place) => {
      const column = COLUMNS[place];
      if (column === "name") {
        const whose = { type: "button", "data-name": value, "data-type": row[1] };
        return make("th", { scope: "row" }, make("button", whose, value));
      }
      const shown = column === "confidence" ? `${value}%` : column === "escalates" ? (value ? "yes" : "no")
        : column === "findings" ? String(value.length) : String(value);
      const number = column === "confidence" || column === "findings";
      return make("td", number ? { class: "number" } : column === "because" ? { class: "because" } : {}, shown);
    });
    return make("tr", {}, ...cells);
  };

  // A list: what passes its filters, in its order, a page at a time.
  const list = ({ id, into, size, passes, order, draw }) => {
    const state = { page: 0, shown: null };
    const said = get(`${id}-said`);
    const [before, next] = [get(`${id}-before`), get(`${id}-next`)];
    const show = () => {
      if (!state.shown) {
        state.shown = data(id).filter(passes);
        if (order()) state.shown.sort(order());
      }
      const { length } = state.shown;
      const last = Math.max(0, Math.ceil(length / size) - 1);
      state.page = Math.min(state.page, last);
      const from = state.page * size;
      get(into).replaceChildren(...state.shown.slice(from, from + size).map(draw));
      said.textContent = length === 0 ? "nothing fits" : `${from + 1} to ${Math.min(from + size, length)} of ${length}`;
      before.disabled = state.page === 0;
      next.disabled = state.page === last;
    };
    const turn = (by) => {
      state.page += by;
      show();
    };
    before.addEventListener("click", () => turn(-1));
    next.addEventListener("click", () => turn(1));
    return () => {
      state.page = 0;
      state.shown = null;
      show();
    };
  };

  const size = Number(document.body.dataset.page);
  const text = (id) => get(id).value.trim().toLowerCase();
  // Whose findings were asked for, as long as nobody writes something else.
  let asked = null;
  const findings = list({
    id: "findings", into: "findings-list", size, draw: finding,
    passes: (one, place) => {
      const [wanted, severity] = [text("findings-text"), get("findings-severity").value];
      if (severity && one.severity !== severity) return false;
      if (!wanted) return true;
      if (asked && wanted === asked.name) return asked.places.has(place);
      const about = `${one.code} ${one.what} ${one.subject.kind} ${one.subject.name} ${one.subject.arn} `;
      return (about + one.evidence.map((fact) => fact.value).join(" ")).toLowerCase().includes(wanted);
    },
    order: () => get("findings-order").value === "subject"
      ? (one, other) => (one.subject.arn < other.subject.arn ? -1 : one.subject.arn > other.subject.arn ? 1 : 0) : null,
  });
  let sorted = null;
  const rank = (place, value) => (COLUMNS[place] === "access" ? LEVELS.indexOf(value)
    : COLUMNS[place] === "findings" ? value.length : value);
  const identities = list({
    id: "identities", into: "identities-list", size, draw: identity,
    passes: (row) => {
      const [wanted, type] = [text("identities-text"), get("identities-type").value];
      if (type && row[1] !== type && row[2] !== type) return false;
      return !wanted || `${row[0]} ${row[8]}`.toLowerCase().includes(wanted);
    },
    order: () => sorted && ((one, other) => {
      const [a, b] = [rank(sorted.place, one[sorted.place]), rank(sorted.place, other[sorted.place])];
      return (a < b ? -1 : a > b ? 1 : 0) * sorted.direction;
    }),
  });

  for (const id of ["findings-text", "findings-severity", "findings-order"]) get(id).addEventListener("input", findings);
  for (const id of ["identities-text", "identities-type"]) get(id).addEventListener("input", identities);
  for (const form of document.querySelectorAll("form")) form.addEventListener("submit", (event) => event.preventDefault());
  get("identities-head").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const place = Number(button.dataset.column);
    const direction = sorted && sorted.place === place ? -sorted.direction : 1;
    sorted = { place, direction };
    for (const head of get("identities-head").querySelectorAll("th")) head.removeAttribute("aria-sort");
    button.closest("th").setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    identities();
  });
  // From somebody to the findings about them.
  get("identities-list").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { name, type } = button.dataset;
    const row = data("identities").find((one) => one[0] === name && one[1] === type);
    asked = { name: name.trim().toLowerCase(), places: new Set(row[7]) };
    get("findings-text").value = name;
    findings();
    get("findings-title").scrollIntoView();
    get("findings-text").focus();
  });
  // Paper cannot be opened.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });
})();
