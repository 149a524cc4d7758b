# SPDX-License-Identifier: Apache-2.0
# Who somebody is: JSON Web Tokens, browser sessions, lock-out; included by plugin ws's CMakeLists.txt.
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_path(JOSE_INCLUDE_DIR jose/jws.h REQUIRED)
find_library(JOSE_LIBRARY jose REQUIRED)
find_library(JANSSON_LIBRARY jansson REQUIRED)
set(WS_AUTH_LIBRARIES ${JOSE_LIBRARY} ${JANSSON_LIBRARY} OpenSSL::Crypto)
set(WS_AUTH_SOURCES
  auth/authenticator.cpp
  auth/browsersessions.cpp
  auth/claims.cpp
  auth/commandaccess.cpp
  auth/endedsessions.cpp
  auth/eventaccess.cpp
  auth/historyaccess.cpp
  auth/jwskey.cpp
  auth/jwt.cpp
  auth/lockout.cpp
  auth/loginfailures.cpp
  auth/pointaccess.cpp
  auth/rolebook.cpp
  auth/secretbytes.cpp
  auth/sessioncookie.cpp
  auth/sessiontokens.cpp
  auth/setupcode.cpp
  auth/signingkey.cpp)
