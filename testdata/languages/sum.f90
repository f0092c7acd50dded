! Prints the sum of the integers on stdin, or hello if there are none.
program sum_of_line
  implicit none
  integer(8) :: a, b
  integer :: status
  character(len=100) :: line
  read (*, '(a)', iostat=status) line
  if (status /= 0) then
    print '(a)', 'hello'
  else
    read (line, *) a, b
    print '(i0)', a + b
  end if
end program
