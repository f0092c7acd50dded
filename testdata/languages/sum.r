# Prints the sum of the integers on stdin, or hello if there are none.
values <- scan(file("stdin"), quiet = TRUE)
if (length(values) > 0) cat(sum(values), "\n", sep = "") else cat("hello\n")
