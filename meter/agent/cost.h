/*
 * cost - the call by which the engine measures what a metered one costs.
 */
#ifndef METER_AGENT_COST_H
#define METER_AGENT_COST_H

#include "meter/agent/agent.h"

/* Of a function that is patched, or that calls hooks; NULL where there can be none.  Once. */
meter_call *cost_call(bool patched);

#endif
