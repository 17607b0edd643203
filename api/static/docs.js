/** The description of the interface for programs, drawn by Swagger UI from our own files. */

/* global SwaggerUIBundle */

const place = document.getElementById("api-docs");
if (place) {
  SwaggerUIBundle({
    deepLinking: true,
    domNode: place,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    tryItOutEnabled: true,
    url: place.dataset.openapi,
    validatorUrl: null,
  });
}
