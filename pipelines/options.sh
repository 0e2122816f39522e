# options - the command line of a pipeline.
#
# Sourced by a pipeline that says in VALUED and FLAGS which options it has beside those
# here, and has two functions: print_help, and take_option for every option with its value.
#
# shellcheck shell=bash disable=SC2034 # others read what was asked for

# shellcheck source=programs.sh
source "${BASH_SOURCE[0]%/*}/programs.sh" || exit 3
# shellcheck source=values.sh
source "${BASH_SOURCE[0]%/*}/values.sh" || exit 3

shopt -s nullglob dotglob

readonly PROCESSES_HIGH=1024 # what a machine's process limit bears
readonly SHARED_VALUED=(--num-shredders --num-writers --preset --compression -o --output-dir --output-filename --transport
	--stall --summary)
# What parquet-encode takes and looks at itself.
readonly ENCODER_VALUED=(--column --row-group-rows --row-group-bytes --page-rows --page-bytes --page-version --page-index
	--page-checksum --sorted-by --partition-by)
readonly SHARED_FLAGS=(--dry-run --force --resume --verify -q --quiet -y --yes -h --help -V --version)

# What was asked for.
shredders='' writers=''
preset=fast
compression=none
transport=ipc
output_dir=output_parquet
base=part
stall=60
summary=
encoder_options=()
dry_run=0 force=0 quiet=0 resume=0 verify=0 yes=0
operands=()

# Sets quoted to TEXT as one word of a plan, which is one of a shell, too.
quote() { # TEXT
	local quote="'"
	quoted=$1
	[[ $1 =~ ^[A-Za-z0-9_./:,=+@%*-]+$ ]] || quoted="'${1//$quote/$quote\\$quote$quote}'"
}

print_version() {
	local line version=
	find_programs
	if [[ -r $root/lib/base/version.h ]]; then
		while read -r line; do
			[[ $line =~ ^'#define NEST_VERSION "'(.*)'"' ]] && version=${BASH_REMATCH[1]}
		done <"$root/lib/base/version.h"
	else
		version=$("$programs/$GENERATOR" --version) || die 3 "unable to run $programs/$GENERATOR"
		version=${version##* }
	fi
	printf '%s %s\n' "$me" "$version"
}

# Levels are parquet-encode's to judge.
take_codec() { # TEXT
	[[ $1 =~ ^(none|snappy|(gzip|brotli|zstd|lz4_raw)(:.+)?)$ ]] ||
		die 2 "--compression: '$1' is none of none|snappy|gzip[:L]|brotli[:L]|zstd[:L]|lz4_raw[:L]"
	compression=$1
}

take_shared_option() { # OPTION VALUE
	case $1 in
	--num-shredders) take_number shredders "$1" "$2" 1 "$PROCESSES_HIGH" ;;
	--num-writers) take_number writers "$1" "$2" 1 "$PROCESSES_HIGH" ;;
	--preset) take_choice preset "$1" "$2" fast balanced small ;;
	--compression) take_codec "$2" ;;
	--transport) take_choice transport "$1" "$2" ipc tcp ;;
	-o | --output-dir) output_dir=$2 ;;
	--output-filename) base=$2 ;;
	--stall) take_number stall "$1" "$2" 0 86400 ;;
	--summary) summary=$2 ;;
	*) encoder_options+=("$1" "$2") ;;
	esac
}

is_among() { # WORD WORD...
	local word
	for word in "${@:2}"; do
		[[ $word != "$1" ]] || return 0
	done
	return 1
}

refuse_option() { # OPTION
	refuse_word "${1%%=*}" "${FLAGS[@]}" "${VALUED[@]}" "${SHARED_FLAGS[@]}" "${SHARED_VALUED[@]}" \
		"${ENCODER_VALUED[@]}"
}

# Takes an option that not every pipeline has, or one that takes a value; sets taken to the number
# of arguments that this makes.
take_argument() { # OPTION [NEXT]
	local option=${1%%=*}
	taken=1
	if is_among "$1" "${FLAGS[@]}"; then
		take_option "$1"
	elif ! is_among "$option" "${SHARED_VALUED[@]}" "${ENCODER_VALUED[@]}" "${VALUED[@]}"; then
		refuse_option "$1"
	elif [[ $1 == *=* ]]; then
		take_option "$option" "${1#*=}"
	else
		(($# > 1)) || die 2 "$1 needs a value; see $me --help"
		take_option "$1" "$2"
		taken=2
	fi
}

# What is no option goes to operands.
parse_options() { # ARGUMENT...
	local taken
	while (($# > 0)); do
		taken=1
		case $1 in
		--dry-run) dry_run=1 ;;
		--force) force=1 ;;
		--resume) resume=1 ;;
		--verify) verify=1 ;;
		-q | --quiet) quiet=1 ;;
		-y | --yes) yes=1 ;;
		-h | --help)
			print_help
			exit
			;;
		-V | --version)
			print_version
			exit
			;;
		--)
			operands+=("${@:2}")
			return
			;;
		-?*) take_argument "${@:1:2}" ;;
		*) operands+=("$1") ;;
		esac
		shift "$taken"
	done
}

# Whether names can be those of files and folders; what is written stays below ./ where it begins with '-'.
check_names() {
	[[ $base =~ ^[^[:cntrl:]\ /._][^[:cntrl:]\ /]*$ ]] ||
		die 2 "--output-filename: '$base' must be a name without '/' or blank that does not begin with '.' or '_'"
	[[ -n $output_dir ]] || die 2 "--output-dir: the name is empty"
	[[ $output_dir == -* ]] && output_dir=./$output_dir
	while [[ $output_dir == ?*/ ]]; do
		output_dir=${output_dir%/}
	done
}

# Before anything is installed or built: is there a place for the dataset?
check_output() {
	if [[ ! -d $output_dir ]]; then
		[[ ! -e $output_dir && ! -L $output_dir ]] || die 2 "--output-dir: $output_dir is not a folder"
		return
	fi
	((force)) && return
	local inside=("$output_dir"/*)
	((${#inside[@]} == 0)) || die 2 "--output-dir: $output_dir is not empty; name another one, or --force replaces it"
}
