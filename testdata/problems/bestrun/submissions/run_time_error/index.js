const line = require("fs").readFileSync(0, "utf8");
console.log(line.split(" ")[5].length);
