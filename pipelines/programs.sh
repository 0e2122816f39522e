# programs - where the programs are, and whether they must be built.
#
# Sourced by a pipeline. NEST_BIN names their folder, and then nothing is built;
# else they are next to an installed copy, or under build/ of the source tree.
#
# shellcheck shell=bash

readonly me=${0##*/} # dataset in a source tree, nest-dataset on the PATH

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)); then
	echo "$me: fatal: bash 5.1 or newer is needed, this one is $BASH_VERSION" >&2
	exit 3
fi

# The stages from the first to the last, and who runs them.
readonly GENERATOR=nest-gen SHREDDER=nest-shred ENCODER=parquet-encode MERGER=parquet-merge
readonly RUNNER=nest-run

root=        # of the source tree or of what is installed; see find_programs
programs=    # the folder of the programs
must_build=0

die() { # STATUS MESSAGE; one line, whatever names stand in it
	printf '%s: fatal: %s\n' "$me" "${2//[[:cntrl:]]/?}" >&2
	exit "$1"
}

[[ -d /dev/fd/ ]] || die 3 "/dev/fd leads nowhere; mount /proc"

# Sets cores to the number of those on which this process may run.
count_cores() {
	local key value range ranges
	cores=0
	while read -r key value; do
		[[ $key == Cpus_allowed_list: ]] || continue
		IFS=, read -ra ranges <<<"$value"
		for range in "${ranges[@]}"; do
			((cores += ${range#*-} - ${range%-*} + 1))
		done
	done </proc/self/status
	((cores > 0)) || cores=1
}

# In a source tree the programs are under build/, and installed they are in
# PREFIX/bin while this is in PREFIX/share/nest/pipelines.
find_programs() {
	local folder=${BASH_SOURCE[0]%/*}
	case $folder in
	?*/pipelines) root=${folder%/pipelines} ;;
	pipelines) root=. ;;
	*) root=$folder/.. ;;
	esac
	if [[ -n ${NEST_BIN-} ]]; then
		programs=$NEST_BIN
	elif [[ ! -e $root/Makefile && -x $root/../../bin/$GENERATOR ]]; then
		programs=$root/../../bin
		[[ $root != ?*/share/nest ]] || programs=${root%/share/nest}/bin
	else
		programs=$root/build
		[[ $root != . ]] || programs=build
		must_build=1
	fi
}

missing_program() {
	for missing in "$GENERATOR" "$SHREDDER" "$ENCODER" "$MERGER" "$RUNNER"; do
		[[ -f $programs/$missing && -x $programs/$missing ]] || return 0
	done
	return 1
}

# Whether a program is missing, or a source newer than the last build from here.
# That build leaves build/.made behind, with the time at which it began.
is_stale() {
	local source made=$root/build/.made missing
	((must_build)) || return 1
	missing_program && return 0
	[[ -w $root/build ]] || return 1
	[[ -e $made ]] || return 0
	for source in "$root"/{Makefile,{lib/*,gen,gen/*,shred,encode,merge,meter,meter/agent,run,cat}/*.[ch]} \
		"$root"/{gen/recipes/{*.recipe,*/*.txt},meter/profiles/*.properties}; do
		[[ $source -nt $made ]] && return 0
	done
	return 1
}

# Runs a command of the build, which is silent unless it fails.
build_step() { # NAME COMMAND...
	local name=$1 words status
	shift
	words=$("$@" 2>&1)
	status=$?
	((status == 0)) && return
	[[ -z $words ]] || printf '%s\n' "$words" >&2
	die 3 "unable to build the programs: $name ended with status $status"
}

# Runs make, and shows on TERMINAL, in one line, what it is at.
show_build() { # TERMINAL COMMAND...
	local line shown=''
	"${@:2}" 2>&1 | {
		while IFS= read -r line; do
			case $line in
			'  '[A-Z][A-Z]'  '*)
				shown=$'\r\e[K'
				printf '%s%s: %s' "$shown" "$me" "${line:2:70}" >&"$1"
				;;
			*) printf '%s\n' "$line" ;;
			esac
		done
		printf %s "$shown" >&"$1"
	}
	return "${PIPESTATUS[0]}"
}

make_programs() { # QUIET
	local terminal command=(make -C "$root" -j"$cores" BUILD=build all)
	if (($1)) || [[ ! -t 2 ]]; then
		build_step make "${command[@]}" -s
	else
		exec {terminal}>&2
		build_step make show_build "$terminal" "${command[@]}"
		exec {terminal}>&-
	fi
}

# Installs what the build lacks, in the sight of who waits for it. A signal takes effect after that, so
# that nothing is left at work.
set_up() { # YES
	local status=0 caught='' signal own=()
	[[ -x $root/pipelines/setup ]] || return 0
	((!$1)) || own=(--yes)
	for signal in INT TERM HUP; do
		# shellcheck disable=SC2064 # the name is known now
		trap "caught=$signal" "$signal"
	done
	"$root/pipelines/setup" "${own[@]}" build >&2 || status=$?
	trap - INT TERM HUP
	[[ -z $caught ]] || kill "-$caught" "$$"
	# What setup refuses it has told.
	((status != 3)) || exit 3
	((status == 0)) || die 3 "unable to build the programs: pipelines/setup ended with status $status"
}

# Of a first build it is said how long it lasts.
announce_build() {
	local missing words="building the programs"
	! missing_program || words+=", which takes some minutes"
	echo "$me: $words" >&2
}

build_programs() { # QUIET [YES]
	local cores lock
	is_stale || return 0
	(($1)) || [[ ! -t 2 ]] || announce_build
	build_step mkdir mkdir -p -- "$root/build"
	exec {lock}>"$root/build/.lock" || die 3 "unable to write in $root/build"
	build_step flock flock "$lock"
	# Another run may have built while this one waited.
	if is_stale; then
		set_up "${2-0}"
		count_cores
		: >"$root/build/.made.new"
		# The folder is given, so that a BUILD of the environment's does not lead elsewhere.
		make_programs "$1"
		build_step mv mv -f "$root/build/.made.new" "$root/build/.made"
	fi
	exec {lock}>&-
}

check_programs() {
	local missing
	missing_program && die 3 "$programs/$missing is missing, or is no program"
}
