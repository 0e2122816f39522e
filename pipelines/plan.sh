# plan - the plan of a pipeline (nest-run(1)), and who runs it.
#
# Sourced by a pipeline, which has these functions beside those of options.sh:
#
#	plan_run             adds the processes to the plan
#	print_configuration  prints what was asked for, for a dry run
#
# A process is called PROGRAM.INDEX.
#
# shellcheck shell=bash disable=SC2154 # what was asked for is of options.sh

# shellcheck source=options.sh
source "${BASH_SOURCE[0]%/*}/options.sh" || exit 3

readonly LIST_HIGH=100000 # bytes, for a word of a command

plan=
only= # which parts are made, where not all are
common= # what all stages are given, and a blank

# Sets words to all WORDs, as the text of a plan.
join() { # WORD...
	local word quoted
	words=
	for word; do
		quote "$word"
		words+=${words:+ }$quoted
	done
}

add_line() { # WORD...
	local words
	join "$@"
	plan+=$words$'\n'
}

# TEXT is that of a plan already, with its holes.
add_process() { # PROGRAM INDEX TEXT
	local quoted
	quote "$programs/$1"
	plan+="$1.$2: $quoted --name $1.$2 --stats {stats} $3"$'\n'
}

# Sets from to what a process is told of its own endpoint.
plan_endpoint() { # PROGRAM INDEX
	if [[ $transport == ipc ]]; then
		from="${common}--from ipc://{run}/$1.$2"
	else
		from="--from tcp://127.0.0.1:* --bound {run}/$1.$2.bound"
	fi
}

# Sets endpoints to those of a stage, separated by commas.
list_endpoints() { # PROGRAM COUNT
	local index
	endpoints=
	for ((index = 0; index < $2; index++)); do
		endpoints+=${endpoints:+,}
		if [[ $transport == ipc ]]; then
			endpoints+="ipc://{run}/$1.$index"
		else
			endpoints+="{bound $1.$index}"
		fi
	done
	# A blank stands in its holes.
	[[ $transport == ipc ]] || endpoints="\"$endpoints\""
}

# Adds what to type next: a file of the dataset is looked at. In which directories partitions have one, rows tell.
add_advice() {
	local quoted program file
	[[ " ${encoder_options[*]} " != *' --partition-by '* ]] || return 0
	quote "$programs/$MERGER"
	program=$quoted
	[[ :$PATH: != *":$programs:"* ]] || program=$MERGER
	quote "$output_dir/$base-00000.parquet"
	file=$quoted
	add_line note "Look at it: $program --show --rows 10 $file"
}

# Adds parquet-merge, which takes what TEXT says.
add_merger() { # TEXT
	local words
	add_line dataset "$MERGER.0" "$output_dir"
	add_advice
	join --base "$base" "$output_dir"
	((!force)) || words="--force $words"
	((!verify)) || words="--verify $words"
	# It draws where it would not, because it sees a pipe.
	add_process "$MERGER" 0 "$1 --verbose $words"
}

# Adds the encoders, which hear of SENDERS; their parts wait to be published, or parquet-merge hears
# of them by what TO says. Sets endpoints to theirs.
plan_encoders() { # SENDERS [TO]
	local index from words
	join --preset "$preset" --compression "$compression" "${encoder_options[@]}" -o "$output_dir"
	for ((index = 0; index < writers; index++)); do
		plan_endpoint "$ENCODER" "$index"
		add_process "$ENCODER" "$index" "$from --senders $1 ${2:---staged} $words"
	done
	list_endpoints "$ENCODER" "$writers"
}

# Adds parquet-merge and the encoders, which hear of SENDERS, and sets endpoints to where these send.
plan_sinks() { # SENDERS
	local from
	plan_endpoint "$MERGER" 0
	add_merger "$from --senders $writers"
	list_endpoints "$MERGER" 1
	plan_encoders "$1" "--to $endpoints"
}

# Sets only to the parts that a run that failed has not completed, as an option of who makes them.
# OPTIONs say to parquet-merge which ones count. Where nothing is known of what is complete, all are
# made, and those that were complete stay. If nothing is missing, part FIRST is made again: it is
# refused where another run left what is there.
find_missing() { # FIRST [OPTION...]
	local missing
	((!dry_run)) || return 0
	missing=$("$programs/$MERGER" --missing "${@:2}" "$output_dir" 2>/dev/null) || return 0
	: "${missing:=$1}"
	# shellcheck disable=SC2034 # for who plans the processes that make parts
	((${#missing} > LIST_HIGH)) || only=" --only-parts $missing"
}

run_pipeline() {
	local descriptor options=(--stall "$stall")
	find_programs
	((dry_run)) || build_programs "$quiet" "$yes"
	add_line name "$me"
	[[ $transport != ipc ]] || common='--wire-memory '
	plan_run
	if ((dry_run)); then
		print_configuration && printf '\n%s' "$plan"
		exit
	fi
	check_programs
	((!quiet)) || options+=(--quiet)
	[[ -z $summary ]] || options+=(--summary "$summary")
	# It is too long for a pipe, perhaps, and then in a file of bash's own that has no name any more.
	{ exec {descriptor}<<<"$plan"; } 2>/dev/null || die 3 "unable to hand the plan on; is TMPDIR full?"
	exec "$programs/$RUNNER" "${options[@]}" -- "/dev/fd/$descriptor"
}
