# nest - completes the programs and the pipelines of nest in bash.
#
# Nothing of them is written here: options, the words that they take, operands and the commands of
# nest-meter are those that --help of the program has, asked when TAB is pressed. _nest is the same
# for zsh.
#
# shellcheck shell=bash

# Prints the names of the recipes that ship; they lie where nest-gen(1) finds them.
_nest_recipes() { # COMMAND
	local program folder path
	program=$(type -P -- "${1%"${1##*/}"}nest-gen") || return
	program=$(readlink -f -- "$program")
	echo contacts
	for folder in recipes ../share/nest/recipes; do
		for path in "${program%/*}/$folder"/*.recipe; do
			path=${path##*/}
			[[ $path == '*'* ]] || echo "${path%.recipe}"
		done
	done
}

# Prints what begins with WORD of what KIND stands for in --help.
_nest_matches() { # COMMAND KIND WORD
	case $2 in
	# Capitals are a value of any form, and what is in brackets may follow.
	*'|'*) compgen -W "$(tr '|' '\n' <<<"$2" | sed 's/\[.*//; s/=[A-Z]*$/=/; /^[A-Z]/d')" -- "$3" ;;
	recipe | RECIPE)
		compgen -W "$(_nest_recipes "$1")" -- "$3"
		compgen -f -X '!*.recipe' -- "$3"
		compgen -d -- "$3"
		;;
	DIR | FOLDER) compgen -d -- "$3" ;;
	command) compgen -c -- "$3" ;;
	[a-z]* | FILE) compgen -f -- "$3" ;;
	esac
}

# Sets options to the long options in HELP, and value to what the value of OPTION is called, empty without one.
_nest_read() { # HELP OPTION
	local line
	options=() value=
	while IFS= read -r line; do
		[[ $line =~ ^\ {2,6}(-(.),\ )?(--[a-z0-9-]+)(\ ([^ ]+))?(\ \ |$) ]] || continue
		options+=("${BASH_REMATCH[3]}")
		[[ $2 != "${BASH_REMATCH[3]}" && $2 != "-${BASH_REMATCH[2]:- }" ]] || value=${BASH_REMATCH[5]}
	done <<<"$1"
}

# Sets operand to what the usage in HELP calls the next one, behind WORDs.
_nest_operand() { # HELP WORD...
	local word
	operand=$(sed -n '1{s/.* command \[options\].*/command/p; s/.*\[options\]$//p; s/.*\[options\] \[*//p; s/^usage:.*/file/p}' <<<"$1")
	operand=${operand%%[] ]*}
	if [[ $operand == command ]]; then
		operand=$(sed -n 's/^  \([a-z][a-z]*\)  .*/\1|/p' <<<"$1" | tr -d '\n')
	fi
	for word in "${@:2}"; do
		[[ -z $operand || "|$operand|" != *"|$word|"* ]] || operand="file"
	done
}

_nest() {
	local command=$1 word=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
	local help options value operand
	COMPREPLY=()
	# What bash breaks at '=' is three words.
	if [[ $word == = ]]; then
		word=
	elif [[ ${words[*]: -1} == = ]]; then
		unset 'words[-1]'
	fi
	if [[ $1 == *slurm && " ${words[*]} " == *' -- '* ]]; then
		command=${1%slurm}dataset
		words=()
	fi
	help=$("$command" --help 2>/dev/null) || return
	if [[ $1 == *nest-meter && ${words[0]-} == [a-z]* ]]; then
		help=$("$command" "${words[0]}" --help 2>/dev/null) || return
		words=("${words[@]:1}")
	fi
	_nest_read "$help" "${words[*]: -1}"
	if [[ -n $value ]]; then
		mapfile -t COMPREPLY < <(_nest_matches "$1" "$value" "$word")
	elif [[ ${words[*]: -1} == -- ]]; then
		mapfile -t COMPREPLY < <(_nest_matches "$1" command "$word")
	elif [[ $word == -* && " ${words[*]} " != *' -- '* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${options[*]}" -- "$word")
	else
		_nest_operand "$help" "${words[@]}"
		mapfile -t COMPREPLY < <(_nest_matches "$1" "$operand" "$word")
	fi
	case ${COMPREPLY[*]} in
	*=) compopt -o nospace ;;
	?*) compopt -o filenames ;;
	esac
}

complete -F _nest nest-{benchmark,cat,contacts,dataset,gen,ingest,meter,run,shred,slurm,stage-check} \
	parquet-{encode,merge}
