<?php
// Prints the sum of the integers on stdin, or hello if there are none.
$values = preg_split('/\s+/', stream_get_contents(STDIN), -1, PREG_SPLIT_NO_EMPTY);
echo count($values) > 0 ? array_sum($values) : "hello", "\n";
