// Draws each [data-plot] from the Vega-Lite specification in the JSON block that it names.
// Expressions are interpreted (ast), never compiled, and nothing is styled inline, so that a strict policy holds.
const root = getComputedStyle(document.documentElement);
const token = (name) => root.getPropertyValue(`--takar-${name}`).trim();
const indonesian = document.documentElement.lang === "id";

const config = {
  background: "transparent",
  font: getComputedStyle(document.body).fontFamily,
  view: { stroke: token("line") },
  title: { color: token("ink"), fontSize: 14, anchor: "start", offset: 12 },
  axis: {
    labelColor: token("ink"), titleColor: token("ink"), labelFontSize: 12, titleFontSize: 13,
    gridColor: token("line"), gridOpacity: 0.5, domainColor: token("quiet"), tickColor: token("quiet"),
  },
  legend: { labelColor: token("ink"), titleColor: token("ink"), labelFontSize: 12, titleFontSize: 13, symbolSize: 300 },
  range: { category: ["action", "bad", "good", "caution", "quiet"].map(token) },
  rule: { color: token("quiet") },
};

const options = {
  ast: true,
  renderer: "canvas",
  actions: false,
  defaultStyle: false,
  tooltip: false,
  config,
  ...(indonesian && { formatLocale: { decimal: ",", thousands: ".", grouping: [3], currency: ["Rp", ""] } }),
};

for (const place of document.querySelectorAll("[data-plot]")) {
  const spec = JSON.parse(document.getElementById(place.dataset.plot).textContent);
  window.vegaEmbed(place, spec, options);
}
