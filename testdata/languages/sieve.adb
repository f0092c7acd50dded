--  Reads a number and prints how many primes are below it.
with Ada.Text_IO; use Ada.Text_IO;
with Ada.Strings.Fixed;

procedure Sieve is
   type Numbers is array (Long_Long_Integer range <>) of Integer;
   type Access_Numbers is access Numbers;

   Limit  : constant Long_Long_Integer := Long_Long_Integer'Value (Get_Line);
   Factor : constant Access_Numbers := new Numbers'(0 .. Limit - 1 => 0);
   Count  : Natural := 0;
   J      : Long_Long_Integer;
begin
   for I in 2 .. Limit - 1 loop
      if Factor (I) = 0 then
         Count := Count + 1;
         J := I * I;
         while J < Limit loop
            Factor (J) := Integer (I);
            J := J + I;
         end loop;
      end if;
   end loop;
   Put_Line (Ada.Strings.Fixed.Trim (Count'Image, Ada.Strings.Left));
end Sieve;
