// Filters, tables and downloads of the report. The page is readable without it; texts are only ever set as text.
(async () => {
  "use strict";
  const root = document.documentElement;
  const form = document.getElementById("filters");
  const dialog = document.getElementById("case");
  const FACETS = [...form.querySelectorAll("select[data-facet]")].map((one) => one.name);
  const PAGE = matchMedia("(max-width: 48rem)").matches ? 20 : 50; // rows stand as blocks on small screens
  const MOST_PRINTED = 2000; // rows of a table on paper
  const MANY_MARKS = 2000; // of a chart

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
  const left = history.state?.top; // where the reader stood before a reload, or before following a link out of the page
  let moved = false; // by the reader, while the page is made
  for (const kind of ["wheel", "touchstart", "pointerdown", "keydown"]) addEventListener(kind, () => { moved = true; }, { once: true, passive: true });
  const save = (name, content, type) => {
    const link = make("a", { download: name, href: URL.createObjectURL(new Blob([content], { type })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const { cases, marks: MARKS, shapes: SHAPES } = await unpack(document.getElementById("cases"));
  let mask = new Uint8Array(cases.length).fill(1);
  let groupMask = mask; // the same without the filter of backends: rows that are about several cases
  const tables = [];

  // A row of a long table from its data; what is not in the data is empty.
  const escape = (text) => String(text).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  // The place of a ratio on the axis of a table, as `suite.report.figures.LogAxis` has it: 200 wide, margins of 8.
  const place = (axis, ratio) => Math.round(100 * (8 + 184 * Math.log(ratio / axis.low) / Math.log(axis.high / axis.low))) / 100;
  const figure = (one, axis) => {
    const svg = (kind, height, inside) => `<svg class="figure ${kind}" viewBox="0 0 200 ${height}" aria-hidden="true">${inside}</svg>`;
    if ("clean" in one) return svg("strip", 36, `<path class="clean" d="${one.clean}"/><path class="disturbed" d="${one.disturbed}"/><path class="hole" d="${one.disturbed}"/>`);
    if ("parts" in one) return svg("bar", 14, one.parts.map((p) => `<rect class="${p.phase.replaceAll(" ", "-")}" x="${p.x}" y="1" width="${p.width}" height="12"/>`).join(""));
    const caps = one.caps.map((x) => `M${x} 4V14`).join("");
    const dot = one.x === null ? "" : `<path class="point" transform="translate(${one.x} 9)" d="${SHAPES[one.shape] ?? ""}"/>`;
    const grid = `<path class="grid" d="${axis.ticks.map((tick) => `M${place(axis, tick)} 0V18`).join("")}"/><path class="one" d="M${place(axis, 1)} 0V18"/>`;
    const arrow = one.x === null ? "m-5 -4l5 4l-5 4" : "";
    return svg(`interval ${one.shape}`, 18, `${grid}<path class="range" d="${caps}M${one.low_x} 9H${one.high_x}${arrow}"/>${dot}`);
  };
  const shown = (cell, axis, name = false) => {
    const mark = cell.m ? `<span class="mark ${cell.m}" aria-hidden="true">${escape(MARKS[cell.m] ?? "")}</span>&nbsp;` : "";
    const words = name ? escape(cell.t ?? "").replaceAll("_", "_<wbr>") : escape(cell.t ?? "");
    const text = cell.v === undefined ? words : `<data value="${escape(cell.v)}">${words}</data>`;
    const link = cell.k === undefined ? text : `<a class="to-case" href="#case-${cell.k}" data-case="${cell.k}">${text}</a>`;
    return mark + link + (cell.d ? ` <small>${escape(cell.d)}</small>` : "") + (cell.f ? figure(cell.f, axis) : "");
  };

  const options = (rows) => ({
    pageLength: PAGE,
    lengthMenu: [20, 50, 200, 1000],
    order: [],
    autoWidth: false,
    deferRender: true,
    paging: rows > PAGE,
    info: rows > PAGE,
    layout: { topStart: null, topEnd: null, bottomStart: rows > PAGE ? ["pageLength", "info"] : null, bottomEnd: rows > PAGE ? "paging" : null },
  });
  // What a table shows: its rows with the cases they are about, its headings, and the axis of its figures.
  const take = (entry, data) => {
    const parts = data.columns.map((column) => Object.entries(column));
    data.rows ??= data.cases.map((k, row) => ({ k, c: parts.map((column) => {
      const cell = {};
      for (const [name, values] of column) if (values[row] !== null && values[row] !== "") cell[name] = values[row];
      return cell;
    }) }));
    Object.assign(entry, { rows: data.rows, keys: data.cases, titles: data.titles, axis: data.axis });
    entry.backends = data.backends.map((one) => one || null);
  };
  const build = async (element) => {
    const packed = [...element.closest(".table").querySelectorAll("script.rows")];
    const entry = { element, dirty: false, baseline: "", variants: new Map() };
    const heads = [...element.querySelectorAll("thead th")];
    if (packed.length) {
      for (const one of packed) {
        entry.variants.set(one.dataset.baseline ?? "", await unpack(one));
        one.remove();
      }
      take(entry, entry.variants.get(""));
      element.querySelectorAll("tbody").forEach((one) => one.remove());
      const classes = heads.map((one) => one.className);
      const numeric = classes.map((one) => /\bnumber\b/.test(one));
      const columns = heads.map((_, at) => ({
        data: null,
        className: classes[at],
        type: numeric[at] ? "num" : "string", // else every value is looked through for markup to be taken off
        render: (row, kind) => {
          const cell = row.c[at];
          if (kind === "display") return at === 0 ? shown({ ...cell, k: undefined }, entry.axis, true) : shown(cell, entry.axis);
          if (kind === "sort" && numeric[at]) return typeof cell.v === "number" ? cell.v : -Infinity;
          return kind === "sort" && cell.v !== undefined ? cell.v : cell.t ?? "";
        },
        createdCell: (node, _, row) => {
          node.dataset.label = entry.titles[at];
          node.setAttribute("role", at === 0 ? "rowheader" : "cell"); // as blocks on small screens they would lose it
          if (at === 0) node.setAttribute("scope", "row");
          if (row.c[at].h) node.classList.add(...row.c[at].h.split(" "));
        },
        cellType: at === 0 ? "th" : "td",
      }));
      entry.api = new DataTable(element, { ...options(entry.rows.length), data: entry.rows, columns, createdRow: (node) => node.setAttribute("role", "row") });
    } else {
      const nodes = [...element.querySelectorAll("tbody tr")];
      entry.keys = nodes.map((one) => (one.dataset.cases ?? "").split(" ").filter(Boolean).map(Number));
      entry.titles = heads.map((one) => one.firstChild.textContent.trim());
      entry.backends = heads.map((one) => one.dataset.backend ?? null);
      entry.api = new DataTable(element, options(nodes.length));
    }
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

  // The same table over another baseline; a table that has none for it stays with its own.
  const setBaseline = (entry, name) => {
    const wanted = entry.variants.has(name) ? name : "";
    if (entry.baseline === wanted) return;
    entry.baseline = wanted;
    const data = entry.variants.get(wanted);
    take(entry, data);
    entry.titles.forEach((title, at) => {
      const head = entry.api.column(at).header();
      (head.querySelector(".dt-column-title") ?? head).firstChild.textContent = title;
      const axis = head.querySelector("svg.axis");
      if (axis) axis.innerHTML = entry.axis.ticks.map((tick) => `<text x="${place(entry.axis, tick)}" y="11" text-anchor="middle">${tick >= 1000 ? `${tick / 1000}k` : tick}</text><path d="M${place(entry.axis, tick)} 14V18"/>`).join("");
    });
    entry.element.querySelector("caption").firstChild.textContent = data.caption;
    entry.api.clear();
    entry.api.rows.add(entry.rows);
    entry.dirty = true;
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
    history.replaceState({ top: scrollY }, "", text ? `#${text}` : location.pathname + location.search);
  };
  const read = () => {
    const text = location.hash.slice(1);
    const link = /^case-(\d+)$/.exec(text);
    if (link) { openCase(Number(link[1])); return; }
    if (text && !text.includes("=")) return; // a link to a section
    const given = new URLSearchParams(text);
    for (const field of form.elements) {
      if (field.name) field.value = given.get(field.name) ?? "";
      if (field.selectedIndex === -1) field.selectedIndex = 0; // no such option
    }
    apply();
    if (given.has("case")) openCase(Number(given.get("case")));
  };

  // The marks of charts with their cases, and the lines and bars of whole backends, which are told by their colour: that
  // of the marks of the same run. A chart out of sight is brought up to date when it comes into view.
  const backendAt = FACETS.indexOf("backend");
  const colour = (node) => /--s\d/.exec(`${node.getAttribute("stroke")} ${node.getAttribute("fill")}`)?.[0];
  const charts = [...document.querySelectorAll("svg.chart")].map((box) => ({ box, dirty: false, marks: [], lines: [] }));
  const backends = new Map();
  for (const chart of charts) {
    const article = chart.box.closest("article");
    chart.colours = backends.get(article) ?? backends.set(article, new Map()).get(article);
    chart.box.querySelectorAll("a").forEach((one) => {
      const found = /#case-(\d+)/.exec(one.getAttribute("xlink:href") ?? one.getAttribute("href") ?? "");
      if (!found) return;
      const number = Number(found[1]);
      chart.marks.push([one, number]);
      const own = one.firstElementChild && colour(one.firstElementChild);
      if (own && backendAt >= 0) chart.colours.set(own, (chart.colours.get(own) ?? new Set()).add(cases[number][backendAt]));
    });
    chart.box.querySelectorAll("[stroke^='var(--s'], [fill^='var(--s']").forEach((one) => {
      if (!one.closest("a")) chart.lines.push([one, colour(one)]);
    });
  }
  const drawChart = (chart) => {
    chart.dirty = false;
    for (const [node, number] of chart.marks) node.classList.toggle("off", !mask[number]);
    const chosen = backendAt < 0 ? -1 : form.elements.backend.selectedIndex - 1;
    for (const [node, own] of chart.lines) node.classList.toggle("off", chosen >= 0 && chart.colours.has(own) && !chart.colours.get(own).has(chosen));
  };
  const draw = (entry) => {
    entry.dirty = false;
    const chosen = form.elements.backend.value;
    entry.backends.forEach((backend, at) => {
      if (backend) entry.api.column(at).visible(!chosen || backend === chosen, false);
    });
    const focused = document.activeElement;
    entry.api.draw();
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  };
  // What is scrolled to, by a link or the keyboard, stands below the filters.
  const clearFilters = () => {
    root.style.scrollPaddingTop = getComputedStyle(form).position === "sticky" ? `${form.offsetHeight + 8}px` : "";
  };
  const inView = (node) => {
    const box = node.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  };
  const watcher = new IntersectionObserver((seen) => {
    for (const one of seen) {
      const entry = one.isIntersecting && [...tables, ...charts].find((each) => each.box === one.target);
      if (entry?.dirty) (entry.marks ? drawChart : draw)(entry);
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
    const baseline = form.elements.baseline?.value ?? "";
    for (const entry of tables) {
      setBaseline(entry, baseline);
      if (inView(entry.box)) draw(entry); else entry.dirty = true;
    }
    for (const chart of charts) {
      chart.dirty = true;
      if (!inView(chart.box)) continue;
      if (chart.marks.length < MANY_MARKS) drawChart(chart);
      else setTimeout(() => { if (chart.dirty) drawChart(chart); }); // after the tables, which answer first
    }
    document.querySelectorAll("figure[data-cases]").forEach((one) => {
      const numbers = one.dataset.cases.trim();
      one.hidden = numbers !== "" && !numbers.split(" ").some((number) => mask[number]);
    });
    form.querySelector("output").textContent = `${count.toLocaleString("en")} of ${cases.length.toLocaleString("en")} cases`
      + (baseline ? `; heat-map and speed-ups over ${baseline}, all else over the run's reference` : "");
  };

  // For `showModal` a browser styles all the page anew, 0.2 s at 20,000 cases: so what is behind is covered by us, and
  // the keyboard kept within.
  const behind = make("div", { className: "behind", hidden: true });
  dialog.before(behind);
  let before = null; // what had the focus
  const openCase = (number) => {
    if (!cases[number]) return;
    open = number;
    const close = make("button", { type: "button", textContent: "Close", autofocus: true });
    close.addEventListener("click", () => shut());
    if (!dialog.open) before = document.activeElement;
    dialog.replaceChildren(close);
    for (const entry of tables) {
      if (entry.backends.some(Boolean)) continue;
      const at = entry.keys.findIndex((keys) => keys.includes(number));
      if (at < 0) continue;
      const list = make("dl");
      cellsOf(entry, at).forEach(([value, detail, cell], column) => {
        const inside = make("dd");
        if (entry.rows) inside.innerHTML = shown({ ...cell, k: undefined }, entry.axis); // all of it escaped in `shown`
        else inside.append(...cell.cloneNode(true).childNodes);
        if (value !== "" || detail || inside.childElementCount) list.append(make("dt", { textContent: entry.titles[column] }), inside);
      });
      dialog.append(make("h3", { textContent: entry.element.querySelector("caption").firstChild.textContent.trim() }), list);
    }
    behind.hidden = false;
    if (!dialog.open) dialog.show();
    close.focus();
    write();
  };
  const shut = () => {
    dialog.close();
    open = null;
    behind.hidden = true;
    before?.focus({ preventScroll: true });
    write();
  };
  behind.addEventListener("click", shut);
  addEventListener("keydown", (event) => {
    if (!dialog.open) return;
    if (event.key === "Escape") { event.preventDefault(); shut(); }
    if (event.key !== "Tab") return;
    const stops = [...dialog.querySelectorAll("a[href], button")];
    const at = stops.indexOf(document.activeElement);
    if (at >= 0 && at !== (event.shiftKey ? 0 : stops.length - 1)) return;
    event.preventDefault();
    stops.at(event.shiftKey ? -1 : 0).focus();
  });

  // Charts as files.
  const plainSvg = (svg) => {
    const style = getComputedStyle(root);
    const shownNow = svg.cloneNode(true);
    shownNow.querySelectorAll(".off").forEach((one) => one.remove());
    const text = new XMLSerializer().serializeToString(shownNow);
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
    const saves = make("span", { className: "saves" });
    saves.append(asSvg, asPng);
    one.querySelector("figcaption").append(saves);
  });
  document.querySelectorAll("details.listing").forEach((one) => {
    const text = one.querySelector("code").textContent;
    const button = (label, act) => {
      const made = make("button", { type: "button", className: "save", textContent: label });
      made.addEventListener("click", act);
      one.querySelector("pre").before(made);
    };
    if (navigator.clipboard) button("Copy", () => navigator.clipboard.writeText(text));
    button(`Save as ${one.dataset.file}`, () => save(one.dataset.file, `${text}\n`, "text/plain"));
  });
  document.querySelectorAll(".save-records").forEach((button) => {
    button.hidden = false;
    const packed = document.querySelectorAll("script.records")[button.dataset.run];
    button.addEventListener("click", () => save(`records-${Number(button.dataset.run) + 1}.jsonl.gz`, bytes(packed.textContent), "application/gzip"));
  });

  // Links to cases beyond the rows that stand in the page need the script.
  document.querySelectorAll("span.to-case").forEach((one) => {
    const link = make("a", { className: "to-case", href: `#case-${one.dataset.case}` }, ...one.childNodes);
    link.dataset.case = one.dataset.case;
    one.replaceWith(link);
  });
  root.classList.add("scripted");
  for (const element of document.querySelectorAll("table")) {
    if (element.querySelector("tr.heading")) continue; // in blocks, whose order says something
    const entry = await build(element);
    entry.box = element.closest(".table");
    tables.push(entry);
    watcher.observe(entry.box);
  }
  charts.forEach((chart) => watcher.observe(chart.box));
  document.querySelectorAll("nav.contents a").forEach((one) => one.addEventListener("click", (event) => {
    if (!location.hash.includes("=")) return;
    event.preventDefault(); // the filters stay in the address
    document.querySelector(one.getAttribute("href")).scrollIntoView();
  }));
  form.hidden = false;
  new ResizeObserver(clearFilters).observe(form);
  form.addEventListener("input", () => { apply(); write(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { apply(); write(); }));
  // On paper nothing can be opened or turned: all rows are shown, and what was folded away.
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((one) => { one.open = true; one.dataset.folded = "yes"; });
    for (const entry of tables) {
      entry.length = entry.api.page.len();
      entry.api.page.len(Math.min(MOST_PRINTED, Math.max(entry.keys.length, 1)));
      draw(entry);
      entry.box.querySelector(".dt-info")?.classList.toggle("cut-on-paper", entry.keys.length > MOST_PRINTED);
    }
  });
  addEventListener("afterprint", () => {
    document.querySelectorAll("details[data-folded]").forEach((one) => { one.open = false; delete one.dataset.folded; });
    for (const entry of tables) { entry.api.page.len(entry.length); draw(entry); }
  });
  addEventListener("hashchange", read);
  read();
  apply();
  clearFilters();
  // What stands above the section that the address names has changed its height by now.
  if (!moved && left === undefined) document.querySelector(":target")?.scrollIntoView();
  else if (!moved) scrollTo(0, left);
  addEventListener("scrollend", () => history.replaceState({ top: scrollY }, ""));
  root.dataset.ready = "yes";
})();
