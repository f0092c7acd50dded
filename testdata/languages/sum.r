# Prints the sum of the integers on stdin, or hello if there are none.
input <- file("stdin")
values <- scan(input, quiet = TRUE)
close(input)
if (length(values) > 0) cat(sum(values), "\n", sep = "") else cat("hello\n")
