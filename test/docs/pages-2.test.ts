import { followPages } from "./follow-pages.js";

followPages({ part: 2, of: 3 });
