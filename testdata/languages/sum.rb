# Prints the sum of the integers on stdin, or hello if there are none.
values = $stdin.read.split.map(&:to_i)
puts values.empty? ? "hello" : values.sum
