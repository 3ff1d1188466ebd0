"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const narrow = window.matchMedia("(max-width: 700px)");
  const chosen = { case: 0, network: 0 };
  const font = { family: "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif", size: 14, color: "#1a1a1a" };
  const axis = { gridcolor: "#e3e3e3", linecolor: "#767676", zeroline: false, automargin: true, tickfont: { size: 14 } };

  function layoutOf(own) {
    const layout = Object.assign({
      font: font, paper_bgcolor: "#fff", plot_bgcolor: "#fff", autosize: true, separators: ".,",
      margin: { l: 56, r: 12, t: 12, b: 48 }, hoverlabel: { font: font, align: "left", bgcolor: "#fff" },
      hovermode: "closest", legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: font },
    }, own);
    for (const name of Object.keys(own)) {
      if (/^[xy]axis/.test(name)) layout[name] = Object.assign({}, axis, own[name]);
    }
    layout.dragmode = narrow.matches ? false : "zoom";
    return layout;
  }

  // On a phone a legend takes a line for each of its entries.
  function legendRoom(figure) {
    const entries = figure.data.filter((trace) => trace.showlegend !== false).length;
    return narrow.matches && figure.layout.showlegend ? 20 * Math.max(entries - 1, 0) : 0;
  }

  function draw(node, figure, words) {
    if (!figure) {
      Plotly.purge(node);
      node.replaceChildren(Object.assign(document.createElement("p"), { className: "empty", textContent: words }));
      return;
    }
    if (node.querySelector(".empty")) node.replaceChildren();
    // Plotly writes into what it is given; the data stay as they came.
    const layout = layoutOf(structuredClone(figure.layout));
    layout.height += legendRoom(figure);
    Plotly.react(node, structuredClone(figure.data), layout, {
      displaylogo: false, responsive: true, displayModeBar: false, doubleClick: "reset",
    });
  }

  function charted(node) {
    const of = data.figures[node.dataset.figure] || {};
    const byPressure = of[chosen.case + "/" + chosen.network] || of[String(chosen.case)] || of[""] || {};
    const figure = byPressure[node.dataset.pressure];
    return figure && node.dataset.figure === "agreement"
      ? { data: windowClouds(figure, data.pressures.indexOf(node.dataset.pressure)).concat(figure.data), layout: figure.layout }
      : figure;
  }

  // Single windows below the subjects' points of a Bland-Altman plot, from the courses that the page has anyway.
  function windowClouds(figure, which) {
    const people = (data.traces[chosen.case] || []).filter((person) => person.predicted[chosen.network]);
    const step = Math.ceil(people.reduce((sum, person) => sum + person.windows, 0) / data.most_windows) || 1;
    const colours = figure.layout.meta || {}, clouds = {};
    let seen = 0;
    for (const person of people) {
      const colour = colours[person.name] || "#8c8c8c";
      const cloud = clouds[colour] = clouds[colour] || { x: [], y: [] };
      const reference = pressures(person.reference[which]), predicted = pressures(person.predicted[chosen.network][which]);
      reference.forEach((value, i) => {
        if (seen++ % step || value === null || predicted[i] === null) return;
        cloud.x.push((value + predicted[i]) / 2);
        cloud.y.push(predicted[i] - value);
      });
    }
    return Object.entries(clouds).map(([colour, cloud]) => ({
      type: "scatter", mode: "markers", x: cloud.x, y: cloud.y, hoverinfo: "skip", showlegend: false,
      marker: { size: 5, color: colour, opacity: figure.layout.meta ? 0.5 : 0.3 },
    }));
  }

  function integers(text, bytes) {
    const raw = atob(text), view = new DataView(new ArrayBuffer(raw.length));
    for (let i = 0; i < raw.length; i++) view.setUint8(i, raw.charCodeAt(i));
    const values = [];
    for (let i = 0; i < raw.length; i += bytes) values.push(bytes === 2 ? view.getInt16(i, true) : view.getInt32(i, true));
    return values;
  }

  function pressures(text) {
    return integers(text, 2).map((v) => (v === -32768 ? null : v / 10));
  }

  // A gap in the line where another record begins.
  function parted(values, records, filler) {
    const out = [];
    values.forEach((value, i) => {
      if (i && records[i] !== records[i - 1]) out.push(filler);
      out.push(value);
    });
    return out;
  }

  const plain = document.createElement("i");
  function escaped(text) {
    plain.textContent = text;
    return plain.innerHTML;
  }

  function traceFigure(subject, which) {
    const records = integers(subject.record, 2);
    const ordered = subject.clock === "order";
    const time = integers(subject.time, 4).map((t) => (ordered ? t : t / 600));
    const seconds = integers(subject.seconds, 2).map((s) => (s === -32768 ? "unknown" : (s / 100).toFixed(1) + " s"));
    const reference = pressures(subject.reference[which]);
    const packed = subject.predicted[chosen.network];
    const predicted = packed ? pressures(packed[which]) : [];
    const hover = reference.map((value, i) =>
      (ordered ? "window " + time[i] : time[i].toFixed(1) + " min") + ", length " + seconds[i] +
      "<br>reference " + value + " mmHg" + (packed ? "<br>prediction " + predicted[i] + " mmHg" : ""));
    const x = parted(time, records, null), text = parted(hover, records, "");
    const line = (name, y, colour, symbol, width) => ({
      type: "scatter", mode: "lines+markers", name: name, x: x, y: parted(y, records, null), hovertext: text,
      hoverinfo: "text", connectgaps: false, line: { color: colour, width: width },
      marker: { size: 7, symbol: symbol, color: colour },
    });
    const traces = [line("reference", reference, "#1a1a1a", "circle", 1.5)];
    if (packed) traces.push(line(escaped(networkName()), predicted, "#0072B2", "diamond-open", 1.5));
    const mean = subject.mean[which];
    if (mean !== null) {
      const ends = [Math.min(...time), Math.max(...time)];
      traces.push({
        type: "scatter", mode: "lines", name: "population mean", x: ends, y: [mean, mean],
        line: { color: "#5a5a5a", dash: "dash", width: 2 }, hovertemplate: "population mean %{y} mmHg<extra></extra>",
      });
    }
    const label = ordered ? "number of the window<br>(no common time is known)"
      : subject.clock === "start" ? "minutes from the record's start" : "minutes from the first window";
    const across = Object.assign({ title: { text: label, font: font } }, ordered && time.length <= 10
      ? { dtick: 1, range: [time[0] - 0.5, time[time.length - 1] + 0.5] } : {});
    return { data: traces, layout: { height: 380, xaxis: across, yaxis: { title: { text: "mmHg", font: font } }, showlegend: true } };
  }

  function networkName() {
    const pick = document.getElementById("pick-network");
    return pick ? pick.options[chosen.network].textContent : "prediction";
  }

  const subjectPick = document.getElementById("pick-subject");

  function drawTraces() {
    if (!subjectPick) return;
    const subject = data.traces[chosen.case][subjectPick.selectedIndex];
    for (const node of document.querySelectorAll("[data-trace]")) {
      draw(node, subject && traceFigure(subject, Number(node.dataset.trace)), "No subject's course is known.");
    }
    document.getElementById("previous-subject").disabled = subjectPick.selectedIndex <= 0;
    document.getElementById("next-subject").disabled = subjectPick.selectedIndex >= subjectPick.length - 1;
    const mae = subject && subject.mae[chosen.network];
    const errors = !mae ? [] : data.pressures.map((name, i) => mae[i] === null ? "" : name + " " + mae[i].toFixed(1)).filter(Boolean);
    document.getElementById("subject-says").textContent = !subject ? "" :
      subject.name + ": " + subject.windows + (subject.windows === 1 ? " window" : " windows") + " shown" + (errors.length
        ? "; MAE of " + networkName() + " over all its windows: " + errors.join(", ") + " mmHg." : ".");
  }

  function fillSubjects() {
    if (!subjectPick) return;
    const before = subjectPick.value;
    subjectPick.replaceChildren(...data.traces[chosen.case].map((s) => Object.assign(document.createElement("option"), { value: s.name, textContent: s.name })));
    if (data.traces[chosen.case].some((s) => s.name === before)) subjectPick.value = before;
  }

  function show() {
    for (const node of document.querySelectorAll("[data-case], [data-network]")) {
      node.hidden = ["case", "network"].some((key) => node.dataset[key] !== undefined && Number(node.dataset[key]) !== chosen[key]);
    }
    for (const node of document.querySelectorAll("[data-figure]")) draw(node, charted(node), "Not assessable for this choice.");
    drawTraces();
    tellOfScrolling();
  }

  // Nothing else shows that a table goes on: phones and some desktops hide scroll bars.
  function tellOfScrolling() {
    for (const said of document.querySelectorAll(".more-of-it")) {
      const box = said.nextElementSibling.querySelector(".box");
      const ways = [box.scrollWidth > box.clientWidth + 1 && "sideways", box.scrollHeight > box.clientHeight + 1 && "down"].filter(Boolean);
      said.hidden = !ways.length;
      said.textContent = "Scroll " + ways.join(" and ") + " within the table to see all of it.";
      shade(box);
    }
  }

  // Shadows at the edges beyond which a table goes on.
  function shade(box) {
    const frame = box.parentElement.classList, right = box.scrollWidth - box.clientWidth - box.scrollLeft;
    frame.toggle("more-left", box.scrollLeft > 1);
    frame.toggle("more-right", right > 1);
    frame.toggle("more-below", box.scrollHeight - box.clientHeight - box.scrollTop > 1);
  }
  for (const box of document.querySelectorAll(".frame > .box")) {
    box.parentElement.classList.add("watched");
    box.addEventListener("scroll", () => shade(box), { passive: true });
  }
  window.addEventListener("resize", tellOfScrolling);

  function offerNetworks() {
    const pick = document.getElementById("pick-network");
    if (!pick || !data.choices) return;
    const known = data.choices[chosen.case];
    for (const option of pick.options) option.hidden = option.disabled = !known.includes(Number(option.value));
    if (!known.includes(chosen.network)) chosen.network = known[0];
    pick.value = String(chosen.network);
  }

  for (const pick of document.querySelectorAll("[data-pick]")) {
    pick.value = "0";
    pick.addEventListener("change", () => {
      chosen[pick.dataset.pick] = Number(pick.value);
      offerNetworks();
      if (pick.dataset.pick === "case") fillSubjects();
      show();
    });
  }
  if (subjectPick) {
    subjectPick.addEventListener("change", drawTraces);
    const step = (by) => () => { subjectPick.selectedIndex += by; drawTraces(); };
    document.getElementById("previous-subject").addEventListener("click", step(-1));
    document.getElementById("next-subject").addEventListener("click", step(1));
  }
  if (data.choices && data.choices[0]) chosen.network = data.choices[0][0];
  // Charts inside a closed <details> have no width yet.
  document.addEventListener("toggle", (event) => { if (event.target.open) window.dispatchEvent(new Event("resize")); }, true);
  narrow.addEventListener("change", show);
  offerNetworks();
  fillSubjects();
  show();
})();
