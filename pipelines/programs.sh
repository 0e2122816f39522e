# programs - where the programs are, and whether they must be built.
#
# Sourced by a pipeline. NEST_BIN names their folder, and then nothing is built;
# else they are next to an installed copy, or under build/ of the source tree.
#
# shellcheck shell=bash

# shellcheck source=processes.sh
source "${BASH_SOURCE[0]%/*}/processes.sh" || exit 3

# The stages from the first to the last.
readonly GENERATOR=nest-gen SHREDDER=nest-shred ENCODER=parquet-encode MERGER=parquet-merge

root=        # of the source tree or of what is installed; see find_programs
programs=    # the folder of the programs
must_build=0

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
		must_build=1
	fi
}

missing_program() {
	for missing in "$GENERATOR" "$SHREDDER" "$ENCODER" "$MERGER"; do
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
	for source in "$root"/{Makefile,{lib/*,gen,shred,encode,merge,meter,meter/agent}/*.[ch]}; do
		[[ $source -nt $made ]] && return 0
	done
	return 1
}

# Runs a command of the build, which is silent unless it fails. It is waited for
# as a stage is, so that an interrupt does not wait for it.
build_step() { # NAME COMMAND...
	local name=$1 log=$run_dir/build.log
	shift
	hold_interrupts
	"$@" <&0 >"$log" 2>&1 &
	note_start $! "$name" "$name" "$log"
	wait_for_processes
	if [[ -n $first_failed ]]; then
		show_log 0
		die 3 "unable to build the programs: $name ended with status ${statuses[0]}"
	fi
	names=() programs_of=() logs=() statuses=()
}

build_programs() { # QUIET
	local jobs lock reason
	is_stale || return 0
	(($1)) || [[ ! -t $messages ]] || echo "${0##*/}: building the programs" >&"$messages"
	reason=$(mkdir -p "$root/build" 2>&1) || die 3 "${reason#mkdir: }"
	exec {lock}>"$root/build/.lock" || die 3 "unable to write in $root/build"
	flock "$lock" || die 3 "unable to lock $root/build"
	# Another run may have built while this one waited.
	if is_stale; then
		[[ ! -x $root/pipelines/setup ]] || build_step pipelines/setup "$root/pipelines/setup" build
		jobs=$(nproc 2>/dev/null) || jobs=1
		: >"$root/build/.made.new"
		# The folder is given, so that a BUILD of the environment's does not lead elsewhere.
		build_step make make -C "$root" -s -j"$jobs" BUILD=build all
		mv -f "$root/build/.made.new" "$root/build/.made"
	fi
	exec {lock}>&-
}

check_programs() {
	local missing
	missing_program && die 3 "$programs/$missing is missing, or is no program"
}
