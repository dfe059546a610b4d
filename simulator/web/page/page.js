// The page: it picks the mode by its path, loads what exists, follows the stream, and wires keys and buttons.

import { isReceiver, takeToken } from "./api.js";
import { act } from "./dom.js";

takeToken();
act(async () => (await import(isReceiver ? "./receiver.js" : "./provider.js")).start());
