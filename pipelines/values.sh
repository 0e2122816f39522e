# values - what stands on a command line: numbers, choices, and options that are mistyped.
#
# Sourced behind programs.sh.
#
# shellcheck shell=bash disable=SC2154 # me is of programs.sh

# Sets the variable VARIABLE to the digits of TEXT, a number as the programs take it (nest(7)): 1_000_000,
# 250k, 1.5M, 1e9. Powers of ten are zeros, so that nothing overflows.
take_number() { # VARIABLE OPTION TEXT LOW HIGH
	local digits fraction zeros low=$4 high=$5 units=kmgt unit
	[[ $3 =~ ^([0-9]+(_[0-9]+)*)(\.([0-9]+(_[0-9]+)*))?([eE]\+?0*([0-9]{1,2}))?([kKmMgGtT]?)$ ]] ||
		die 2 "$2: '$3' is not a number from $low to $high (such as 5000, 1_000_000, 250k, 1.5M or 1e9)"
	digits=${BASH_REMATCH[1]//_/} fraction=${BASH_REMATCH[4]//_/} zeros=${BASH_REMATCH[7]:-0}
	unit=${BASH_REMATCH[8],}
	if [[ -n $unit ]]; then
		unit=${units%"$unit"*}
		((zeros += 3 * (${#unit} + 1)))
	fi
	while [[ $fraction == *0 ]]; do
		fraction=${fraction%0}
	done
	((zeros >= ${#fraction})) || die 2 "$2: $3 is not a whole number"
	((zeros -= ${#fraction}))
	digits+=$fraction
	((zeros == 0)) || printf -v digits "%s%0${zeros}d" "$digits" 0
	[[ $digits =~ ^0*([0-9]+)$ ]]
	digits=${BASH_REMATCH[1]}
	if ((${#digits} > ${#high})) || { ((${#digits} == ${#high})) && [[ $digits > $high ]]; } ||
		((${#digits} < 19 && digits < low)); then
		die 2 "$2: $3 is out of range ($low to $high)"
	fi
	printf -v "$1" %s "$digits"
}

take_choice() { # VARIABLE OPTION TEXT CHOICE...
	local choice variable=$1 option=$2 text=$3 all
	shift 3
	for choice; do
		if [[ $choice == "$text" ]]; then
			printf -v "$variable" %s "$text"
			return
		fi
	done
	printf -v all '%s|' "$@"
	die 2 "$option: '$text' is none of ${all%|}"
}

# Sets distance to the fewest letters that are put in, left out, changed or swapped with their neighbour to
# make one of the words of the other.
count_mistakes() { # WORD WORD
	local i j before=() above=() row=() change
	for ((j = 0; j <= ${#2}; j++)); do
		above[j]=$j
	done
	for ((i = 1; i <= ${#1}; i++)); do
		row=("$i")
		for ((j = 1; j <= ${#2}; j++)); do
			change=1
			[[ ${1:i-1:1} != "${2:j-1:1}" ]] || change=0
			((row[j] = above[j - 1] + change))
			((row[j] <= above[j] + 1)) || ((row[j] = above[j] + 1))
			((row[j] <= row[j - 1] + 1)) || ((row[j] = row[j - 1] + 1))
			if ((i > 1 && j > 1)) && [[ ${1:i-2:2} == "${2:j-1:1}${2:j-2:1}" ]] &&
				((row[j] > before[j - 2] + 1)); then
				((row[j] = before[j - 2] + 1))
			fi
		done
		before=("${above[@]}") above=("${row[@]}")
	done
	distance=${above[${#2}]}
}

# Dies for an option that is none of those that there are, and names the one that may be meant.
refuse_word() { # WORD OPTION...
	local option near='' least distance
	((least = (${#1} < 64 ? ${#1} - 2 : 0) / 3 + 1))
	for option in "${@:2}"; do
		((${#option} > 2)) || continue
		count_mistakes "$1" "$option"
		((distance < least)) || continue
		least=$distance near=$option
	done
	[[ -z $near ]] || die 2 "$1 is not an option; did you mean $near?"
	die 2 "$1 is not an option, or not this one's use; see $me --help"
}
