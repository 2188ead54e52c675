import { followPages } from "./follow-pages.js";

followPages({ part: 3, of: 3 });
