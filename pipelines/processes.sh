# processes - who runs, who failed, and why.
#
# Sourced by a pipeline. Who starts something in the background calls hold_interrupts
# before and note_start behind it, so that no process is ever unknown;
# wait_for_processes returns when all have ended or one has failed, and fail_run
# then stops the others, says who was the first to fail, and exits. Nothing here
# starts a process where bash can do the same alone.
#
# shellcheck shell=bash

readonly SETTLE_US=300000 # after a failure, for a cause that is told after its effect, until TERM
readonly KILL_US=4000000  # after a failure or an interrupt, until KILL

names=()              # of the processes, in the order they were started
programs_of=()        # the program of each
logs=()               # where its standard error goes
statuses=()           # its status as bash tells it; empty: it runs
declare -A running=() # process id -> index
first_failed=         # the index of the process whose failure was noticed first
relay=                # process id of relay_progress while it runs
holding=0             # an interrupt must wait
held=                 # the one that came meanwhile
# shellcheck disable=SC2034 # the pipeline makes it
run_dir=              # sockets, logs and accounts; empty while there is none

# Bash tells on standard error about children that were killed. A pipeline may
# send that elsewhere, and what is for the user goes here.
exec {messages}>&2

die() { # STATUS MESSAGE
	printf '%s: fatal: %s\n' "${0##*/}" "$2" >&"$messages"
	exit "$1"
}

[[ -d /dev/fd/ ]] || die 3 "/dev/fd leads nowhere; mount /proc"

now_us() {
	now=${EPOCHREALTIME//[!0-9]/}
}

# Sleeps without a process: nothing ever comes through this pipe.
pause() { # SECONDS
	if [[ -z ${silence-} ]]; then
		exec {silence}<> <(:)
	fi
	read -rt "$1" -u "$silence" _
}

# ---- who runs ----

hold_interrupts() {
	holding=1
}

note_start() { # PID NAME PROGRAM LOG
	running[$1]=${#names[@]}
	names+=("$2")
	programs_of+=("$3")
	logs+=("$4")
	statuses+=('')
	holding=0
	[[ -z $held ]] || interrupt "$held"
}

note_end() { # PID STATUS
	local index=${running[$1]}
	unset "running[$1]"
	statuses[index]=$2
	if (($2 != 0)) && [[ -z $first_failed ]]; then
		first_failed=$index
	fi
}

# Whether a process has ended, told to bash or not.
has_ended() { # PID
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ ${stat##*) } == [ZX]* ]]
}

# Notes those who have ended. A child that was killed while bash did something
# else is not told by wait -n any more, so nobody waits before having looked.
# After an interrupt nobody waits at all: where it broke into bash's own waiting,
# bash hears of no child that ends, or would wait for ever for one that has.
collect() {
	local pid
	for pid in "${!running[@]}"; do
		if [[ -n $held ]]; then
			has_ended "$pid" && unset "running[$pid]"
			continue
		fi
		kill -0 "$pid" 2>/dev/null && continue
		wait "$pid"
		note_end "$pid" $?
	done
}

wait_for_processes() {
	local ended status
	while
		collect
		((${#running[@]} > 0)) && [[ -z $first_failed ]]
	do
		ended=
		wait -n -p ended "${!running[@]}"
		status=$?
		[[ -z ${ended-} ]] || note_end "$ended" "$status"
	done
}

# Collects until DEADLINE, or until nothing runs.
collect_until() { # DEADLINE_US
	local now
	while
		collect
		now_us
		((${#running[@]} > 0 && now < $1))
	do
		pause 0.01
	done
}

# Nothing runs any more when this returns.
stop_processes() { # TERM_US KILL_US
	collect_until "$1"
	((${#running[@]} == 0)) || kill -TERM "${!running[@]}" 2>/dev/null
	collect_until "$2"
	((${#running[@]} == 0)) || kill -KILL "${!running[@]}" 2>/dev/null
	while ((${#running[@]} > 0)); do
		collect_until $((${EPOCHREALTIME//[!0-9]/} + 1000000))
	done
}

# ---- who failed, and why ----

# Sets said to the process's own fatal sentence, or to nothing.
read_fatal() { # INDEX
	local line prefix="${programs_of[$1]}: fatal: "
	said=
	[[ -s ${logs[$1]} ]] || return
	while IFS= read -r line || [[ -n $line ]]; do
		[[ $line != "$prefix"* ]] || said=${line#"$prefix"}
	done <"${logs[$1]}"
}

# Sets cause. One process's end makes others fail a moment later, and bash may
# hear of them in any order: killed comes before a reason of one's own, and
# that before having lost somebody.
choose_cause() {
	local index said rank best=9
	for index in "$first_failed" "${!names[@]}"; do
		[[ -n ${statuses[index]} && ${statuses[index]} != 0 ]] || continue
		read_fatal "$index"
		rank=2
		if ((statuses[index] > 128)); then
			rank=1
		elif [[ $said == *' was lost'* ]]; then
			rank=3
		fi
		((rank < best)) && cause=$index best=$rank
	done
}

is_killed() { # INDEX
	[[ -n ${statuses[$1]} ]] && ((statuses[$1] > 128))
}

# Gives the peers that failed at the same time a moment to be heard, unless it is clear already.
settle() { # DEADLINE_US
	local index now
	while :; do
		collect
		for index in "${!names[@]}"; do
			is_killed "$index" && return
		done
		now_us
		((${#running[@]} > 0 && now < $1)) || return
		pause 0.01
	done
}

# What a process said without dying in order: a sanitizer's or the linker's words.
show_log() { # INDEX
	[[ ! -s ${logs[$1]} ]] || cat "${logs[$1]}" >&"$messages"
}

show_logs() {
	local index
	for index in "${!names[@]}"; do
		show_log "$index"
	done
}

describe_signal() { # STATUS
	local number=$(($1 - 128))
	signal="signal $number ($(kill -l "$number" 2>/dev/null))"
}

# Names the cause of the failure, once nothing runs any more, and exits with its status.
fail_run() {
	local now failed_us cause signal said status
	now_us
	failed_us=$now
	settle $((failed_us + SETTLE_US))
	choose_cause
	stop_processes $((failed_us + SETTLE_US)) $((failed_us + KILL_US))
	close_progress

	status=${statuses[cause]}
	read_fatal "$cause"
	[[ -n $said ]] || show_log "$cause"
	if ((status > 128)); then
		describe_signal "$status"
		die 3 "${names[cause]} was killed by $signal"
	fi
	: "${said:="ended with status $status and gave no reason"}"
	((status <= 3)) || status=3
	die "$status" "${names[cause]}: $said"
}

interrupt() { # SIGNAL
	local now
	held=$1
	((!holding)) || return
	trap '' INT TERM HUP
	now_us
	stop_processes "$now" $((now + KILL_US))
	close_progress
	die 3 "interrupted by $1"
}

# ---- the progress ----

# Parts what parquet-merge says while it shows the progress: the bar, which
# begins with a carriage return and ends by erasing the rest of the line, goes to
# the terminal, and warnings and errors go to LOG as those of all others do.
relay_progress() { # LOG
	local piece line erase=$'\e[K'
	trap '' INT TERM HUP
	while IFS= read -rd $'\r' piece || [[ -n $piece ]]; do
		[[ $piece != *"$erase"* ]] || printf '\r%s%s' "${piece%%"$erase"*}" "$erase" >&"$messages"
		while IFS= read -r line; do
			[[ $line == *': warning: '* || $line == *': fatal: '* ]] && printf '%s\n' "$line"
		done <<<"${piece##*"$erase"}"
	done >"$1"
	printf '\r%s' "$erase" >&"$messages"
}

# Sets progress to where the words of parquet-merge go for relay_progress.
open_progress() { # LOG
	# shellcheck disable=SC2034 # for who starts parquet-merge
	exec {progress}> >(relay_progress "$1")
	relay=$!
}

# Then the terminal is clean, and the log is whole.
close_progress() {
	[[ -n $relay ]] || return 0
	if [[ -n $held ]]; then
		until has_ended "$relay"; do
			pause 0.01
		done
	else
		wait "$relay"
	fi
	relay=
}
