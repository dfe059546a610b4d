// The page. Its path says whose it is.

import { isReceiver } from "./api.js";

(await import(isReceiver ? "./receiver.js" : "./provider.js")).start();
