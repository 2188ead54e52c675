import { followPages } from "./follow-pages.js";

followPages({ part: 1, of: 3 });
