#include "cli/version.hpp"

namespace volley::cli {

std::string_view version() {
  return VOLLEY_VERSION;
}

}  // namespace volley::cli
