/*
 * cost - the call by which the engine measures what a metered one costs.
 */
#ifndef METER_AGENT_COST_H
#define METER_AGENT_COST_H

#include "meter/agent/agent.h"

/* Makes a function that is patched, or that calls hooks; NULL if it cannot.  Call it once. */
meter_call *cost_call(bool patched);

#endif
