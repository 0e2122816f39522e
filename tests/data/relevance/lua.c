/* Runs the file that is named. */
#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

#include <stdio.h>

int
main(int argc, char **argv)
{
	lua_State *lua = luaL_newstate();
	luaL_openlibs(lua);
	int failed = argc != 2 || luaL_dofile(lua, argv[1]);
	if (failed)
		fprintf(stderr, "%s\n", lua_tostring(lua, -1));
	lua_close(lua);
	return failed;
}
