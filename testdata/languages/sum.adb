--  Prints the sum of the integers on stdin, or hello if there are none.
with Ada.Text_IO; use Ada.Text_IO;
with Ada.Strings.Fixed;

procedure Sum is
   package Integer_IO is new Ada.Text_IO.Integer_IO (Long_Long_Integer);
   Total, Value : Long_Long_Integer := 0;
   Count        : Natural := 0;
begin
   begin
      loop
         Integer_IO.Get (Value);
         Total := Total + Value;
         Count := Count + 1;
      end loop;
   exception
      when End_Error => null;
   end;
   if Count > 0 then
      Put_Line (Ada.Strings.Fixed.Trim (Total'Image, Ada.Strings.Left));
   else
      Put_Line ("hello");
   end if;
end Sum;
