# inputs - what pipelines/ingest reads, and what it must not write over.
#
# Sourced by it; options.sh has what was asked for.
#
# shellcheck shell=bash disable=SC2034,SC2154 # what was asked for, and what is found, is of those that source this

readonly PART_BYTES=64000000 # nest-shred's own choice

inputs=()
reads_stdin=0
once=0 # an input can be read once only, and by one process

is_standard_input() { # FILE
	[[ $1 == - || $1 == /dev/stdin || $1 == /dev/fd/0 || $1 == /proc/self/fd/0 ]]
}

# Ends the run unless a file can be read.
check_readable() { # FILE
	local quoted
	quote "$1"
	[[ -n $1 ]] || die 2 "the name of a file is empty"
	[[ ! -d $1 ]] || die 2 "$quoted is a folder; name the files in it"
	[[ -e $1 ]] || die 3 "unable to open $quoted: No such file or directory"
	[[ -r $1 ]] || die 3 "unable to open $quoted: Permission denied"
}

take_standard_input() {
	[[ -e /dev/fd/0 ]] || die 2 "standard input is closed; name files, or pipe records into it"
	[[ ! -t 0 ]] || die 2 "standard input is a terminal; name files, or pipe records into it"
	[[ ! /dev/fd/0 -ef /dev/null ]] || die 2 "there is no input; name files, or pipe records into standard input"
	reads_stdin=1
}

take_inputs() {
	local input quoted
	inputs=("${operands[@]}")
	((${#inputs[@]} > 0)) || inputs=(-)
	for input in "${inputs[@]}"; do
		if is_standard_input "$input"; then
			take_standard_input
		else
			check_readable "$input"
		fi
		[[ -f $input ]] && ! is_standard_input "$input" && continue
		quote "$input"
		((${#inputs[@]} == 1)) || die 2 "$quoted can be read once only, and then there are no other inputs"
		once=1
	done
	[[ -z $schema ]] || check_readable "$schema"
	[[ -z $schema || -f $schema ]] || die 2 "--schema: $schema is not a regular file, and all shredders read it"
}

# Sets most to how many parts there can be.
count_parts() {
	local size sizes total=0
	most=$parts
	[[ -z $parts ]] || return
	mapfile -t sizes < <(stat -L -c %s -- "${inputs[@]}")
	for size in "${sizes[@]}"; do
		total=$((total + size))
	done
	most=$(((total + part_bytes - 1) / part_bytes))
	((most > 0)) || most=1
}

# The dataset that is replaced must not hold what is read or written.
check_apart() {
	local index folder paths quoted others=()
	[[ -d $output_dir ]] || return 0
	for index in "${!inputs[@]}"; do
		is_standard_input "${inputs[index]}" || others+=("${inputs[index]}")
	done
	[[ -z $schema ]] || others+=("$schema")
	[[ -z $rejects ]] || others+=("$rejects")
	((${#others[@]} > 0)) || return 0
	mapfile -d '' paths < <(realpath -zm -- "$output_dir" "${others[@]}")
	folder=${paths[0]%/}
	for index in "${!others[@]}"; do
		quote "${others[index]}"
		[[ ${paths[index + 1]} != "$folder"/* ]] || die 2 "--output-dir: the dataset would replace $quoted"
	done
}

check_rejects() {
	local input folder=. quoted
	[[ -n $rejects ]] || return 0
	[[ $rejects != -* ]] || rejects=./$rejects
	quote "$rejects"
	[[ ! -d $rejects ]] || die 2 "--rejects: $quoted is a folder"
	for input in "${inputs[@]}"; do
		[[ ! $rejects -ef $input ]] || die 2 "--rejects: $quoted is an input"
	done
	[[ $rejects != */* ]] || folder=${rejects%/*}/
	[[ -d $folder ]] || die 3 "unable to open $quoted: No such file or directory"
	if [[ -e $rejects ]]; then
		[[ -w $rejects ]]
	else
		[[ -w $folder ]]
	fi || die 3 "unable to open $quoted: Permission denied"
}
