#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

#include "cli/output.hpp"

namespace volley::cli {

/// On one line, in plain ASCII: a control character of C1 or one that reorders text is no escape of
/// JSON's own. What is not UTF-8 is replaced, and NaN is null.
inline std::string to_line(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
}

}  // namespace volley::cli

/// What is not known is null.
template <class T>
struct nlohmann::adl_serializer<std::optional<T>> {
  template <class Target>
  static void to_json(Target& json, const std::optional<T>& value) {
    if (value) {
      json = *value;
    } else {
      json = nullptr;
    }
  }
};
