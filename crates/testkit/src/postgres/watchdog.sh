# Stops a scratch cluster that nobody uses any more and removes its folder.
# Arguments: the cluster's folder; how many seconds it may stand unused.
#
# A user of the cluster holds a shared lock on `users`. Whoever starts or stops the cluster holds `lock`.
# The lock on `watchdog` says that a watchdog is on duty; it ends when that file is no longer the one it locked.

folder=$1
patience=$2
trap '' HUP INT
cd /

exec 7<"$folder/watchdog" || exit 1
flock -w 5 7 || exit 0

on_duty() {
    [ "$folder/watchdog" -ef "/proc/$$/fd/7" ]
}

unused() {
    flock -n -x "$folder/users" true 7<&-
}

# Kills the server only if the process with the recorded number is still our server.
stop_server() {
    server=$(head -n 1 "$folder/pg/data/postmaster.pid" 2>/dev/null) || return 0
    grep -q -F -- "$folder/pg/data" "/proc/$server/cmdline" 2>/dev/null || return 0
    kill -QUIT "$server"
    while kill -0 "$server" 2>/dev/null; do sleep 0.1; done
}

# A move is atomic: whoever comes next finds either the whole old folder, and its lock, or none.
# An initdb whose test was killed may still be writing; it fails soon.
remove_folder() {
    gone=$folder.gone.$$
    mv -- "$folder" "$gone" || return
    for _ in 1 2 3 4 5; do
        rm -rf -- "$gone" && return
        sleep 1
    done
}

end_if_still_unused() {
    exec 8<"$folder/lock" 9<"$folder/users" || exit 1
    flock -x 8
    if flock -n -x 9; then
        stop_server
        remove_folder
        exit 0
    fi
    exec 8<&- 9<&-
}

idle=0
while on_duty; do
    sleep 1 7<&-
    if unused; then idle=$((idle + 1)); else idle=0; fi
    if [ "$idle" -ge "$patience" ]; then
        end_if_still_unused
        idle=0
    fi
done
