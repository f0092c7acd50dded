{ while (c * c < $1 * $1 + $2 * $2) c += 1e-9; print c }
