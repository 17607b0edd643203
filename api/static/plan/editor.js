/** The editor's page: brings map, tools and panels together. */

import { mountFrame } from "./panels.js";
import { readPage } from "./page.js";

mountFrame(readPage());
