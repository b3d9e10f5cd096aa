# Both sides of a game: the program looks at its input while it thinks, so it gets the next command when it has moved.
rm -f in out
mkfifo in out
sjeng <in >out &
exec 3>in 4<out
printf 'xboard\nnew\nhard\neasy\nlevel 0 600 0\nsd %s\n' "$1" >&3
i=0
while [ $i -lt "$2" ]; do
    echo go >&3
    while read -r word rest <&4; do
        [ "$word" != Nodes: ] || nodes=${rest%% *}
        [ "$word" != move ] || break
    done
    echo "move $rest $nodes"
    i=$((i + 1))
done
echo quit >&3
wait
