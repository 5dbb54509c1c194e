# bash reads this before each recipe of the Makefile (BASH_ENV). Where make was started with stdin, stdout or stderr
# closed, the next file that a program opens would get its number: protoc, for one, would hand its plugins no stdin.
true 9>&2 || exec 2>/dev/null
true 2>/dev/null 9<&0 || exec </dev/null
true 2>/dev/null 9>&1 || exec >/dev/null
