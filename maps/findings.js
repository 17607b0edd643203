/* Draws the polygons and findings of one coverage; `data` comes from maps/findings.py. */
function drawFindings(map, data) {
  "use strict";
  var SMALL_PX = 56;
  var MAX_LABELS = 400;
  var canvas = L.canvas({ padding: 0.3 });
  var svg = L.svg({ padding: 0.3 });
  var layers = {};
  var chosen = null;

  var ground = L.geoJSON(data.polygons, {
    renderer: canvas,
    interactive: false,
    style: { color: "#6d6a60", weight: 1.2, fillColor: "#dfe5d8", fillOpacity: 0.85 }
  }).addTo(map);

  function style(feature) {
    var look = data.looks[feature.properties.kind];
    return {
      renderer: svg,
      color: look.color,
      weight: feature.properties.error ? 2.5 : 2,
      dashArray: feature.properties.error ? null : "6 4",
      fillColor: "url(#" + look.pattern + ")",
      fillOpacity: 1
    };
  }

  function popup(properties) {
    var box = document.createElement("div");
    box.textContent = properties.sentence;
    if (properties.measures) {
      var small = document.createElement("small");
      small.textContent = properties.measures;
      box.appendChild(document.createElement("br"));
      box.appendChild(small);
    }
    return box;
  }

  function badge(properties, place) {
    var icon = L.divIcon({
      className: "",
      html: '<span class="badge' + (properties.error ? " error" : "") + '">' + properties.number + "</span>",
      iconSize: [28, 28]
    });
    var name = properties.number + ". " + properties.sentence;
    return L.marker(place, { icon: icon, title: name })
      .on("add", function (event) { event.target.getElement().setAttribute("aria-label", name); })
      .on("click", function () { choose(properties.number, false); })
      .on("keydown", function (event) {
        if (event.originalEvent.key === "Enter") { choose(properties.number, false); }
      });
  }

  L.geoJSON(data.findings, {
    style: style,
    pointToLayer: function (feature, place) {
      return L.circleMarker(place, { radius: 9 });
    },
    onEachFeature: function (feature, layer) {
      var properties = feature.properties;
      layers[properties.number] = layer;
      layer.on("click", function () { choose(properties.number, false); });
      layer.bindPopup(popup(properties), { maxWidth: 320 });
      badge(properties, [properties.place[1], properties.place[0]]).addTo(map);
    }
  }).addTo(map);

  function extent(layer) {
    return layer.getBounds ? layer.getBounds() : L.latLngBounds([layer.getLatLng(), layer.getLatLng()]);
  }

  function choose(number, move) {
    var button = document.querySelector('.finding[data-number="' + number + '"]');
    var layer = layers[number];
    if (chosen) { chosen.setAttribute("aria-pressed", "false"); }
    if (button) {
      button.setAttribute("aria-pressed", "true");
      if (!move) { button.scrollIntoView({ block: "nearest" }); }
      chosen = button;
    }
    if (move) { map.fitBounds(extent(layer), { maxZoom: 19, padding: [60, 60], animate: false }); }
    var place = layer.feature.properties.place;
    layer.openPopup(L.latLng(place[1], place[0]));
  }

  document.querySelectorAll(".finding[data-number]").forEach(function (button) {
    button.addEventListener("click", function () { choose(button.dataset.number, true); });
  });

  var everything = L.latLngBounds([data.bounds[1], data.bounds[0]], [data.bounds[3], data.bounds[2]]);
  function whole() {
    map.closePopup();
    map.fitBounds(everything, { padding: [24, 24], animate: false });
  }
  document.querySelector(".whole").addEventListener("click", whole);

  var labelled = [];
  map.createPane("labels").style.zIndex = 450;
  if (ground.getLayers().length <= MAX_LABELS) {
    ground.eachLayer(function (layer) {
      var tooltip = L.tooltip({ permanent: true, direction: "center", className: "label", pane: "labels" });
      tooltip.setContent(document.createTextNode(layer.feature.properties.label));
      var place = layer.feature.properties.place;
      labelled.push({ layer: layer, tooltip: tooltip.setLatLng([place[1], place[0]]) });
    });
  }
  function label() {
    labelled.forEach(function (one) {
      var bounds = one.layer.getBounds();
      var size = map.latLngToLayerPoint(bounds.getSouthEast())
        .subtract(map.latLngToLayerPoint(bounds.getNorthWest()));
      var roomy = Math.min(size.x, size.y) > SMALL_PX;
      if (roomy && !map.hasLayer(one.tooltip)) { map.addLayer(one.tooltip); }
      if (!roomy && map.hasLayer(one.tooltip)) { map.removeLayer(one.tooltip); }
    });
  }

  map.attributionControl.setPrefix(false);
  L.control.zoom({ zoomInTitle: data.words.zoomIn, zoomOutTitle: data.words.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.getContainer().setAttribute("role", "region");
  map.getContainer().setAttribute("aria-label", data.words.map);
  map.on("zoomend", label);
  whole();
  label();
}
