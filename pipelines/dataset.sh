# dataset - the pipeline that makes the dataset of a recipe.
#
# Sourced by pipelines/dataset and pipelines/contacts, which have set recipe, empty where it is
# the operand, and rows, and have these functions:
#
#	print_synopsis  prints how --help begins
#	print_examples  prints how it ends
#
# shellcheck shell=bash disable=SC2154 # what was asked for is of options.sh

# shellcheck source=plan.sh
source "${BASH_SOURCE[0]%/*}/plan.sh" || exit 3

# What was asked for beside what every pipeline has.
readonly VALUED=(-n --rows --target-records --record-batch-size --num-generators --parts --seed --table --set
	--share)
readonly FLAGS=(--publish)
readonly ROWS_USUAL=$rows
readonly SHARES_HIGH=4096 # that nest-gen takes
batch=
generators='' parts=''
seed='' table=''
sets=()
share='' shares='' publish=0

print_help() {
	print_synopsis
	cat <<HELP
  -n, --rows N                rows of the dataset ($((ROWS_USUAL / 1000000))M)
      --target-records N      the same
HELP
	cat <<'HELP'
      --record-batch-size N   rows in a frame (nest-gen's own choice)
      --num-generators N      processes of nest-gen (half the cores, and one)
      --num-shredders N       processes of nest-shred (half the cores, and one)
      --num-writers N         processes of parquet-encode (half the cores, and one)
      --parts N               files of the dataset (as many as writers)
      --seed N                another seed makes other rows (nest-gen's own choice)
      --table NAME            of the recipe's messages the one whose rows are made
      --set NAME=VALUE        another value of a let of the recipe; once for each
      --preset fast|balanced|small
                              how encodings are chosen, as parquet-encode's (fast)
      --compression none|snappy|gzip[:L]|brotli[:L]|zstd[:L]|lz4_raw[:L]
                              of the files, with a level (none)
      --row-group-rows N      as parquet-encode has it, and so have these:
      --row-group-bytes N
      --page-rows N
      --page-bytes N
      --page-version 1|2
      --page-index on|off
      --page-checksum off|on
      --column NAME:SETTINGS
      --sorted-by NAME[:desc][:nulls-first]
      --partition-by NAME[,NAME...]
      --verify                read the files as parquet-merge --check does before they are
                              published
  -o, --output-dir DIR        the dataset, which must be missing or empty (output_parquet)
      --output-filename BASE  how the files' names begin (part)
      --force                 replace a dataset that is in DIR
      --resume                make only the parts that a run that failed has not completed;
                              recipe and options are those of that run
      --transport ipc|tcp     between the processes: local sockets and shared memory, or
                              ports of 127.0.0.1 (ipc)
      --stall N               seconds that a process may be halted; 0: for ever (60)
      --summary FILE          write the summary to FILE, too, as JSON
      --share I/G             make the parts I, I+G, I+2G ... of them and leave them beside
                              DIR, where other hosts leave theirs; what is complete there
                              already stays; one process of each stage unless more are
                              asked for; --parts must be given
      --publish               publish in DIR what shares have made
      --dry-run               print the configuration and the plan, which nest-run runs
  -q, --quiet                 print nothing but what went wrong
  -y, --yes                   install what the build lacks without asking
  -h, --help                  print this and exit
  -V, --version               print the version and exit

An option's value follows it, or stands behind '='. Numbers may be 5000, 1_000_000, 250k, 1.5M or 1e9.
The same recipe, rows, seed and parts make the same files from any number of
processes.

On standard output: rows, files, bytes and seconds of the run (building not
counted), bytes a second that the generators made, CPU seconds of each stage,
and the peak memory of the largest process of each. On standard error: a
progress bar where that is a terminal, and what went wrong.

ENVIRONMENT
  NEST_BIN   the folder of the programs; nothing is built
  TMPDIR     where the run's own folder is made, with its sockets and logs (/tmp)

EXIT STATUS
  0  the dataset is complete
  1  invalid data, or a recipe with a fault
  2  wrong usage
  3  the environment failed: a process was killed, the disk is full, an interrupt

EXAMPLES
HELP
	print_examples
}

take_option() { # OPTION VALUE
	case $1 in
	-n | --rows | --target-records) take_number rows "$1" "$2" 0 1000000000000000 ;;
	--record-batch-size) take_number batch "$1" "$2" 1 1000000 ;;
	--num-generators) take_number generators "$1" "$2" 1 "$PROCESSES_HIGH" ;;
	--parts) take_number parts "$1" "$2" 1 1000000 ;;
	--seed) take_number seed "$1" "$2" 0 18446744073709551615 ;;
	--table) table=$2 ;;
	--set) sets+=("$2") ;;
	--share)
		[[ $2 =~ ^([0-9]{1,4})/([0-9]{1,4})$ ]] || die 2 "--share: '$2' is no share I/G, such as 0/4"
		share=$((10#${BASH_REMATCH[1]})) shares=$((10#${BASH_REMATCH[2]}))
		((share < shares)) || die 2 "--share: $2: shares are numbered from 0"
		;;
	--publish) publish=1 ;;
	*) take_shared_option "$@" ;;
	esac
}

# Sets recipe to what nest-gen is told.
take_recipe() {
	if [[ -z $recipe ]] && ((${#operands[@]} > 0)); then
		recipe=${operands[0]}
		[[ -n $recipe ]] || die 2 "the name of the recipe is empty"
		[[ $recipe != -* ]] || recipe=./$recipe
		operands=("${operands[@]:1}")
	fi
	((${#operands[@]} == 0)) || die 2 "'${operands[0]}' is one operand too many; see $me --help"
	[[ -n $recipe ]] || ((publish)) || die 2 "name a recipe: a file that ends in .recipe, or one that ships; see $me --help"
}

# A stage waits now and then for the ones before and behind it, and merge does
# hardly anything; some more processes than cores keep all cores busy. Who runs
# shares knows how many fit a host.
complete_options() {
	local cores processes
	take_recipe
	if [[ -n $shares ]]; then
		((!publish)) || die 2 "--share and --publish are given together; give one of them"
		[[ -n $parts ]] || die 2 "--share: say with --parts how many parts all shares make"
		cores=1
	else
		count_cores
	fi
	processes=$((cores > 1 ? cores / 2 + 1 : 1))
	: "${generators:=$processes}" "${shredders:=$processes}" "${writers:=$processes}"
	if [[ -z $parts ]]; then
		# No part is empty, unless the dataset is.
		parts=$((writers < rows ? writers : rows > 0 ? rows : 1))
	fi
	((parts == 1 || parts <= rows)) || die 2 "--parts: $parts is out of range for $rows rows (1 to the rows)"
	((generators * ${shares:-1} <= SHARES_HIGH)) ||
		die 2 "--share: $shares shares of $generators generators are more than $SHARES_HIGH"
	check_names
}

# Sets only to the parts that are still to be made, where some may be complete. A share beyond the
# parts makes none.
find_rest() {
	if [[ -n $shares ]]; then
		((share >= parts)) || find_missing "$share" --share "$share/$shares"
	elif ((resume)); then
		find_missing 0
	fi
}

# Sets asked to what nest-gen is told of the rows, whichever process makes them.
describe_rows() {
	local set
	asked=(-n "$rows" --parts "$parts")
	[[ -z $batch ]] || asked+=(--batch "$batch")
	[[ -z $seed ]] || asked+=(--seed "$seed")
	[[ -z $table ]] || asked+=(--table "$table")
	((${#sets[@]} == 0)) || for set in "${sets[@]}"; do asked+=(--set "$set"); done
}

# Ends the run where nest-gen does not take the recipe, before anything is started or submitted: it
# is asked for none of the parts. A dry run, which builds nothing, may not have it.
check_recipe() {
	local said
	[[ $recipe$table${sets[*]-} != contacts && -x $programs/$GENERATOR ]] || return 0
	said=$("$programs/$GENERATOR" "${asked[@]}" --format jsonl --only-parts - "$recipe" </dev/null 2>&1) ||
		die $? "${said#"$GENERATOR: fatal: "}"
}

plan_generators() {
	local index of_recipe text words
	# Parts in work at a time, so that every shredder and every encoder has one.
	local widest=$((shredders > writers ? shredders : writers))
	join "${asked[@]}" --side-by-side $(((widest + generators - 1) / generators))
	find_rest
	text=$words$only
	join "$recipe"
	of_recipe=$words
	list_endpoints "$SHREDDER" "$shredders"
	for ((index = 0; index < generators; index++)); do
		add_process "$GENERATOR" "$index" "$common--to $endpoints $text --share $((${share:-0} + \
			index * ${shares:-1}))/$((generators * ${shares:-1})) $of_recipe"
	done
}

plan_run() {
	local asked endpoints from index
	if ((publish)); then
		add_merger --staged
		return
	fi
	describe_rows
	check_recipe
	add_line rate 'memory bytes/s' "$GENERATOR" bytes_out
	if [[ -n $shares ]]; then
		plan_encoders "$shredders"
	else
		plan_sinks "$shredders"
	fi
	for ((index = 0; index < shredders; index++)); do
		plan_endpoint "$SHREDDER" "$index"
		add_process "$SHREDDER" "$index" "$from --senders $generators --to $endpoints"
	done
	plan_generators
}

print_configuration() {
	printf '# %-18s %s\n' \
		recipe "${recipe@Q}" \
		rows "$rows" \
		record-batch-size "${batch:-"nest-gen's own"}" \
		num-generators "$generators" \
		num-shredders "$shredders" \
		num-writers "$writers" \
		parts "$parts" \
		table "${table:-"the recipe's own"}" \
		set "${sets[*]-}" \
		share "$([[ -n $shares ]] && echo "$share/$shares" || echo all)" \
		seed "${seed:-"nest-gen's own"}" \
		preset "$preset" \
		compression "$compression" \
		output-dir "${output_dir@Q}" \
		output-filename "${base@Q}" \
		force "$( ((force)) && echo yes || echo no)" \
		transport "$transport" \
		programs "${programs@Q}"
}

make_dataset() { # ARGUMENT...
	parse_options "$@"
	complete_options
	# Whether the dataset can be put there is asked once, not by every share; a dry run asks where
	# nothing but publishing is to be done.
	[[ -n $shares ]] || ((dry_run && !publish)) || check_output
	run_pipeline
}
