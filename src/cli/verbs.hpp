#pragma once

#include "cli/parser.hpp"

namespace volley::cli {

// Each verb in a file of its own. Takes what follows its name, returns what the process exits with.

int run_serve(Arguments arguments);
int run_request(Arguments arguments);
int run_send(Arguments arguments);
int run_listen(Arguments arguments);
int run_mtu(Arguments arguments);
int run_port(Arguments arguments);

}  // namespace volley::cli
