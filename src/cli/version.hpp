#pragma once

#include <string_view>

namespace volley::cli {

/// The project's, as in `0.1.0`.
std::string_view version();

}  // namespace volley::cli
