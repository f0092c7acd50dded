while read -r y; do if ((y % 4)); then echo no; else echo yes; fi; done
exit 0
