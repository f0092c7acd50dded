console.log("3 7 2 2");
