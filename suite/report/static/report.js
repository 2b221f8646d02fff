// Filters, tables and downloads of the report. The page is readable without it; texts are only ever set as text.
(async () => {
  "use strict";
  const root = document.documentElement;
  const form = document.getElementById("filters");
  const dialog = document.getElementById("case");
  const FACETS = [...form.querySelectorAll("select:not([name=span])")].map((one) => one.name);
  const PAGE = 50;

  const bytes = (text) => Uint8Array.from(atob(text.trim()), (one) => one.charCodeAt(0));
  const unpack = async (node) => {
    const stream = new Blob([bytes(node.textContent)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  };
  const make = (tag, properties = {}, ...inside) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...inside);
    return node;
  };
  const save = (name, content, type) => {
    const link = make("a", { download: name, href: URL.createObjectURL(new Blob([content], { type })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const cases = await unpack(document.getElementById("cases"));
  let mask = new Uint8Array(cases.length).fill(1);
  let groupMask = mask; // the same without the filter of backends: rows that are about several cases
  const tables = [];

  // A row of a long table from its data; what is not in the data is empty.
  const escape = (text) => String(text).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  const MARKS = {};
  document.querySelectorAll(".mark").forEach((one) => { MARKS[one.className.replace("mark ", "")] ??= one.textContent; });
  const points = { faster: "M-5.5 4.5L0 -5.5L5.5 4.5Z", slower: "M-5.5 -4.5L0 5.5L5.5 -4.5Z", same: "M-4 -4H4V4H-4Z",
    ambiguous: "M-5.5 0L0 -5.5L5.5 0L0 5.5Z" };
  const figure = (one) => {
    const svg = (kind, height, inside) => `<svg class="figure ${kind}" viewBox="0 0 200 ${height}" width="200" height="${height}" aria-hidden="true">${inside}</svg>`;
    if ("clean" in one) return svg("strip", 36, `<path class="clean" d="${one.clean}"/><path class="disturbed" d="${one.disturbed}"/><path class="hole" d="${one.disturbed}"/>`);
    if ("parts" in one) return svg("bar", 14, one.parts.map((p) => `<rect class="${p.phase.replace(" ", "-")}" x="${p.x}" y="1" width="${p.width}" height="12"/>`).join(""));
    const caps = one.caps.map((x) => `M${x} 4V14`).join("");
    const dot = one.x === null ? "" : `<path class="point" transform="translate(${one.x} 9)" d="${points[one.shape] ?? ""}"/>`;
    return svg(`interval ${one.shape}`, 18, `<path class="range" d="${caps}M${one.low_x} 9H${one.high_x}"/>${dot}`);
  };
  const shown = (cell) => {
    const mark = cell.m ? `<span class="mark ${cell.m}" aria-hidden="true">${escape(MARKS[cell.m] ?? "")}</span> ` : "";
    const text = cell.v === undefined ? escape(cell.t ?? "") : `<data value="${escape(cell.v)}">${escape(cell.t ?? "")}</data>`;
    const link = cell.k === undefined ? text : `<span class="to-case" data-case="${cell.k}"><a href="#case-${cell.k}">${text}</a></span>`;
    return mark + link + (cell.d ? ` <small>${escape(cell.d)}</small>` : "") + (cell.f ? figure(cell.f) : "");
  };

  const options = (rows) => ({
    pageLength: PAGE,
    lengthMenu: [25, 50, 200, 1000],
    order: [],
    autoWidth: false,
    deferRender: true,
    paging: rows > PAGE,
    info: rows > PAGE,
    layout: { topStart: null, topEnd: null, bottomStart: rows > PAGE ? ["pageLength", "info"] : null, bottomEnd: rows > PAGE ? "paging" : null },
  });
  const build = async (element) => {
    const packed = element.closest(".table").querySelector("script.rows");
    const entry = { element, dirty: false };
    const heads = [...element.querySelectorAll("thead th")];
    const titles = heads.map((one) => one.firstChild.textContent.trim());
    if (packed) {
      const { rows } = await unpack(packed);
      packed.remove();
      entry.keys = rows.map((one) => one.k);
      entry.rows = rows;
      element.querySelectorAll("tbody").forEach((one) => one.remove());
      const classes = heads.map((one) => one.className);
      const columns = heads.map((_, at) => ({
        data: null,
        className: classes[at],
        render: (row, kind) => {
          const cell = row.c[at];
          if (kind === "display") return shown(at === 0 ? { ...cell, k: undefined } : cell);
          return kind === "sort" && cell.v !== undefined ? cell.v : cell.t ?? "";
        },
        createdCell: (node, _, row) => {
          node.dataset.label = titles[at];
          if (row.c[at].h) node.classList.add(...row.c[at].h.split(" "));
        },
      }));
      entry.api = new DataTable(element, { ...options(rows.length), data: rows, columns });
    } else {
      const nodes = [...element.querySelectorAll("tbody tr")];
      entry.keys = nodes.map((one) => one.dataset.cases.split(" ").filter(Boolean).map(Number));
      entry.api = new DataTable(element, options(nodes.length));
    }
    entry.titles = titles;
    entry.backends = heads.map((one) => one.dataset.backend ?? null);
    const whole = entry.backends.some(Boolean);
    entry.api.search.fixed("facets", (_, __, at) => {
      const keys = entry.keys[at];
      return !keys.length || keys.some((one) => (whole ? groupMask : mask)[one]);
    });
    const button = make("button", { type: "button", className: "save", textContent: "Save as CSV" });
    button.addEventListener("click", () => saveTable(entry));
    element.querySelector("caption").append(button);
    element.addEventListener("click", (event) => {
      const at = event.target.closest("[data-case]");
      if (at) { event.preventDefault(); openCase(Number(at.dataset.case)); }
    });
    return entry;
  };

  const plainText = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll("small, .mark, svg").forEach((one) => one.remove());
    return copy.textContent.trim();
  };
  const cellsOf = (entry, at) => entry.rows
    ? entry.rows[at].c.map((cell) => [cell.v ?? cell.t ?? "", cell.d ?? "", cell])
    : [...entry.api.row(at).node().cells].map((node) => [
      node.querySelector("data")?.value ?? plainText(node),
      node.querySelector("small")?.textContent ?? "", node]);
  const saveTable = (entry) => {
    const quote = (text) => `"${String(text).replace(/^(?=[=+@\t])/, "'").replaceAll('"', '""')}"`;
    if (entry.dirty) draw(entry);
    const at = entry.api.rows({ search: "applied", order: "applied" }).indexes().toArray();
    const head = entry.titles.flatMap((one) => [one, `${one} (detail)`]);
    const lines = at.map((one) => cellsOf(entry, one).flatMap(([value, detail]) => [value, detail]));
    const text = [head, ...lines].map((line) => line.map(quote).join(",")).join("\r\n");
    const caption = entry.element.querySelector("caption").firstChild.textContent.trim();
    save(`${caption.replace(/\W+/g, "-").slice(0, 60)}.csv`, text, "text/csv");
  };

  // The state, in the fragment of the URL.
  const state = () => Object.fromEntries([...new FormData(form)].filter(([name, value]) => value && !(name === "span" && value === "resident")));
  let open = null;
  const write = () => {
    const parts = new URLSearchParams(state());
    if (open !== null) parts.set("case", open);
    const text = parts.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  };
  const read = () => {
    const text = location.hash.slice(1);
    const link = /^case-(\d+)$/.exec(text);
    if (link) { openCase(Number(link[1])); return; }
    if (text && !text.includes("=")) return; // a link to a section
    const given = new URLSearchParams(text);
    for (const field of form.elements) if (field.name) field.value = given.get(field.name) ?? (field.name === "span" ? "resident" : "");
    apply();
    if (given.has("case")) openCase(Number(given.get("case")));
  };

  const marks = new Map();
  document.querySelectorAll("svg.chart a").forEach((one) => {
    const found = /#case-(\d+)/.exec(one.getAttribute("xlink:href") ?? one.getAttribute("href") ?? "");
    if (found) marks.set(one, Number(found[1]));
  });
  const draw = (entry) => {
    entry.dirty = false;
    const chosen = form.elements.backend.value;
    entry.backends.forEach((backend, at) => {
      if (backend) entry.api.column(at).visible(!chosen || backend === chosen, false);
    });
    entry.api.draw();
  };
  const inView = (node) => {
    const box = node.getBoundingClientRect();
    return box.bottom > -100 && box.top < innerHeight + 100;
  };
  const watcher = new IntersectionObserver((seen) => {
    for (const one of seen) {
      const entry = tables.find((each) => each.box === one.target);
      if (one.isIntersecting && entry?.dirty) draw(entry);
    }
  }, { rootMargin: "200px" });
  const apply = () => {
    const chosen = FACETS.map((name) => form.elements[name].selectedIndex - 1);
    const words = form.elements.q.value.trim().toLowerCase();
    const backend = FACETS.indexOf("backend");
    let count = 0;
    const own = new Uint8Array(cases.length);
    const group = new Uint8Array(cases.length);
    cases.forEach((values, number) => {
      if (words && !values[FACETS.length].includes(words)) return;
      if (!chosen.every((one, at) => one < 0 || at === backend || values[at] === one)) return;
      group[number] = 1;
      if (chosen[backend] < 0 || values[backend] === chosen[backend]) { own[number] = 1; count += 1; }
    });
    mask = own;
    groupMask = group;
    document.querySelectorAll(".span-resident").forEach((one) => { one.hidden = form.elements.span.value !== "resident"; });
    document.querySelectorAll(".span-end-to-end").forEach((one) => { one.hidden = form.elements.span.value === "resident"; });
    for (const entry of tables) { if (inView(entry.box)) draw(entry); else entry.dirty = true; }
    for (const [node, number] of marks) node.classList.toggle("off", !mask[number]);
    document.querySelectorAll("figure[data-cases]").forEach((one) => {
      const numbers = one.dataset.cases.trim();
      one.hidden = numbers !== "" && !numbers.split(" ").some((number) => mask[number]);
    });
    form.querySelector("output").textContent = `${count.toLocaleString("en")} of ${cases.length.toLocaleString("en")} cases`;
  };

  const openCase = (number) => {
    if (!cases[number]) return;
    open = number;
    const close = make("button", { type: "button", textContent: "Close", autofocus: true });
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(close);
    for (const entry of tables) {
      if (entry.backends.some(Boolean)) continue;
      const at = entry.keys.findIndex((keys) => keys.includes(number));
      if (at < 0) continue;
      const list = make("dl");
      cellsOf(entry, at).forEach(([value, detail, cell], column) => {
        const inside = make("dd");
        if (entry.rows) inside.innerHTML = shown({ ...cell, k: undefined }); // all of it escaped in `shown`
        else inside.append(...cell.cloneNode(true).childNodes);
        if (value !== "" || detail || inside.childElementCount) list.append(make("dt", { textContent: entry.titles[column] }), inside);
      });
      dialog.append(make("h3", { textContent: entry.element.querySelector("caption").firstChild.textContent.trim() }), list);
    }
    if (!dialog.open) dialog.showModal();
    write();
  };
  dialog.addEventListener("close", () => { open = null; write(); });

  // Charts as files.
  const plainSvg = (svg) => {
    const style = getComputedStyle(root);
    const text = new XMLSerializer().serializeToString(svg);
    return text.replace(/var\((--[\w-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
  };
  const savePng = (name, svg) => {
    const box = svg.viewBox.baseVal;
    const image = new Image();
    image.onload = () => {
      const canvas = make("canvas", { width: box.width * 3, height: box.height * 3 });
      const context = canvas.getContext("2d");
      context.fillStyle = getComputedStyle(document.body).backgroundColor;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(`${name}.png`, blob, "image/png"));
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(plainSvg(svg))}`;
  };
  document.querySelectorAll("figure[data-name]").forEach((one) => {
    const svg = one.querySelector("svg");
    const asSvg = make("button", { type: "button", className: "save", textContent: "SVG" });
    const asPng = make("button", { type: "button", className: "save", textContent: "PNG" });
    asSvg.addEventListener("click", () => save(`${one.dataset.name}.svg`, plainSvg(svg), "image/svg+xml"));
    asPng.addEventListener("click", () => savePng(one.dataset.name, svg));
    one.querySelector("figcaption").append(asSvg, asPng);
  });
  document.querySelectorAll(".save-records").forEach((button) => {
    button.hidden = false;
    const packed = document.querySelectorAll("script.records")[button.dataset.run];
    button.addEventListener("click", () => save(`records-${Number(button.dataset.run) + 1}.jsonl.gz`, bytes(packed.textContent), "application/gzip"));
  });

  document.querySelectorAll(".to-case").forEach((one) => one.replaceChildren(make("a", { href: `#case-${one.dataset.case}` }, ...one.childNodes)));
  root.classList.add("scripted");
  for (const element of document.querySelectorAll("table.cases")) {
    const entry = await build(element);
    entry.box = element.closest(".table");
    tables.push(entry);
    watcher.observe(entry.box);
  }
  form.hidden = false;
  form.addEventListener("input", () => { apply(); write(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { apply(); write(); }));
  addEventListener("beforeprint", () => tables.forEach((entry) => { if (entry.dirty) draw(entry); }));
  addEventListener("hashchange", read);
  read();
  apply();
  root.dataset.ready = "yes";
})();
