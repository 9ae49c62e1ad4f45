const { entity, openBus } = require("everbus");

import("./shop.js").then(async ({ shop }) => console.log(JSON.stringify(await shop({ entity, openBus }))));
