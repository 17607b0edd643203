/** Libraries that pages load before our modules; they bring no types of their own. */
declare const L: any;
declare const protomapsL: any;
declare const SwaggerUIBundle: any;
