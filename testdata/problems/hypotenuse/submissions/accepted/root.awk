{ printf "%.8f\n", sqrt($1 * $1 + $2 * $2) }
