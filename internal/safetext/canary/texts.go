package canary

// Texts hold a secret wherever one can stand; § is put where it goes. See [Fill].
var Texts = []string{
	// Sentences.
	"password is §", "the password was §, sorry", "Password: §", "password : §", "login failed, password § rejected", "password set to §", "password is: §",
	"wrong password '§'", `wrong password "§"`, "(token §)", "[token §]", "using token § for it", "token is §", "api key § is not valid", "API key: §",
	"Incorrect API key provided: §. Find yours", "access token § has expired", "secret key: §", "passphrase=§", "pass phrase: §", "**password**: §", "credentials: §",
	// Assignments.
	"password=§", "password = §", "Password=§;Server=db", "pwd=§", "pwd='§'", "pwd='a §'", `pwd="a § b"`, "passwd:=§", "password => §", "password->§", "pass=§",
	"auth=§", "session_key=§", "x-auth: §", "x-auth=§", "private_key_id: §", `"private_key_id":"§"`, "DB_PASSWORD=§", "dbPassword=§", "db.password=§", "smtp-pass=§",
	"client_secret=§", "clientSecret: §", "aws_secret_access_key=§", "AWS_ACCESS_KEY_ID=§", "X-Api-Key: §", "apikey=§", "api-key:§", "encryption_key=§", "AccountKey=§;x=1",
	"Server=db;User Id=sa;Password=§;Encrypt=true", "password2=§", "password_confirmation=§", "passwordHash=§", "csrf_token=§", "otp=§", "pin=§", "sid=§", "jwt=§",
	"user=bob password=§ status=500", "user=bob,password=§,status=500", "user=bob&password=§&status=500", "params[password]=§", `params["password"] = "§"`,
	"a=1&b=2&token=§", "{user=bob, password=§}", "Credentials(user=bob, password=§)", "password=§)", "password:§", "secret:§", "PHPSESSID=§", "JSESSIONID=§", "connect.sid=§",
	"passwort=§", "contraseña=§", "senha=§", `json.token == "§"`, `header["x-api-key"] != '§'`, "mfa_code=§", "client_assertion=§", "sig=§", "Signature=§", "id_token=§", "refresh_token: §",
	// JSON and its kin.
	`{"password":"§"}`, `{"password": "§"}`, `{"client_secret" : "a b §"}`, `{'password': '§'}`, `{password: '§'}`, `{\"token\":\"§\"}`, `{"m":"{\"token\":\"§\"}"}`, `{\\\"token\\\":\\\"§\\\"}`,
	`{"passwords":0,"secret":["§","§"]}`, `{"credentials":{"user":"bob","x":"§"}}`, `{"headers":{"Cookie":["a=§; b=§"]}}`, `{"Authorization":["Bearer §"]}`, `map[Authorization:[Bearer §] Accept:[*/*]]`,
	`{"name":"password","value":"§"}`, `{"key":"Authorization", "value":"Bearer §"}`, `("Authorization", "§")`, `[("password", "§")]`, `["X-Api-Key","§"]`, "{\n  \"password\":\n    \"§\"\n}",
	`{"password":"a\"§"}`, `{"token":"§`, "{\"token\":\"§\npassword=\"§", `password="§`, `password='it''s §'`, `\u0022password\u0022:\u0022§\u0022`, `"pass\u0077ord":"§"`, `{"cookies":{"sid":"§","b":"§"}}`,
	`name: password, value: §`, `<password>§</password>`, `<ns:password>§</ns:password>`, `<input name="password" value="§">`, `password="§" user="bob"`,
	// Headers.
	"Authorization: Bearer §", "Authorization: Basic §==", "authorization=§", "Authorization: §", "Authorization: Custom §", "Authorization: Token §", "Proxy-Authorization: Basic §",
	`Authorization: Digest username="bob", realm="x y", response="§", opaque="§"`, "Authorization: AWS4-HMAC-SHA256 Credential=§/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=§",
	"AWS4-HMAC-SHA256 Credential=§/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=§", "sent bearer § and left", "sent Bearer §, then",
	"Cookie: a=§", "Cookie: a=1; b=§", "Cookie: a=1; b=§; c=§", "cookie: theme=dark;sid=§", `Cookie: a="x y §"; b=§`, "Set-Cookie: a=§; Path=/; HttpOnly", `curl -H "Cookie: a=1; b=§" x`, `-H 'Cookie: a=1; b=§'`,
	`{"Cookie":"a=1; b=§"}`, `{"headers":"Host: x\r\nCookie: a=1; b=§\r\nAccept: y"}`, "Host: x\nX-Auth-Token: §\nAccept: y", "cookies=a=1; b=§", `["set-cookie", "§"]`,
	// Command lines.
	"curl -u user:§ https://h", "curl -u 'user:§ x' https://h", "curl --user user:§", "curl --user=user:§ h", "curl -uuser:§ h", "mysql -uroot -p§ db", "tool --password § --verbose", "tool --password=§", "tool --token §",
	"PGPASSWORD=§ psql", "env: API_KEY=§ ./run", `run --api-key "§"`,
	// URLs.
	"https://user:§@h/x", "https://§@h/x", "https://user:p/§@h/x", `Get "https://user:§@h/x?y=§": refused`, "GET /x?key=§ HTTP/1.1", "GET /x?§ HTTP/1.1", "https://h/x?a=1&b=§", "redis://:§@h:1/0",
	"location=https://h/cb?code=§&state=§", "https://h/#access_token=§", "/reset/§", "GET /reset/§ HTTP/1.1", "/password-reset/confirm/§/", "https://h/users/verify-email/§?x=1", "/api/v1/invite/§", "/api/token/§/refresh",
	"https://hooks.slack.com/services/T000/B000/§", "see /magic-link/§.", "postgres://user:§", "https://user:§",
	// Colours, as they come and as they are shown.
	"\x1b[36mpassword\x1b[0m=§", "\x1b[36mpassword\x1b[0m\x1b[2m=\x1b[0m\x1b[32mS\x1b[0m", "\x1b[01;31m\x1b[Kpassword\x1b[m\x1b[K=§", "^[[36mpassword^[[0m=§", "\x9b36mtoken\x9b0m: §", `\u001b[36mpassword\u001b[0m=§`, `\x1b[36mpassword\x1b[0m=§`,
	// HTML.
	"{&quot;password&quot;:&quot;§&quot;}", "password&#61;§", "&lt;password&gt;§&lt;/password&gt;", "{&#34;token&#34;:&#34;§&#34;}", "user=bob&amp;password=§",
	// Logins without a scheme, and tokens in the paths of bots.
	"root:§@tcp(127.0.0.1:3306)/db", `dsn "root:§@tcp(10.0.0.1:3306)/shop" failed`, "bob:§@unix(/tmp/mysql.sock)/x", "jdbc:oracle:thin:scott/§@h:1521:orcl", "dsn=root:§@tcp(h)/x",
	"https://api.telegram.org/bot123456:§/sendMessage", "GET /bot123456789:§/getUpdates HTTP/1.1", "mongodb+srv://u:§@h/", "amqp://guest:§@h:5672//",
	// SQL.
	"CREATE USER bob IDENTIFIED BY '§'", `ALTER USER bob IDENTIFIED BY "§"`, "connect bob identified by §", "ALTER USER 'b'@'h' IDENTIFIED WITH mysql_native_password BY '§'", "CREATE USER bob WITH PASSWORD '§'",
	"SET PASSWORD FOR 'b'@'h' = '§'", "SET PASSWORD FOR b@h = PASSWORD('§')", "SET PASSWORD = PASSWORD('§')", "INSERT INTO users (name, password) VALUES ('bob', '§')", "insert into u (password, name) values ('§', 'b'), ('x', '§')",
	"UPDATE users SET password='§' WHERE id=1", "SELECT * FROM u WHERE password = '§'",
	// Programs that take a secret and do not say so.
	"sshpass -p § ssh h", "sshpass -p§ ssh h", "redis-cli -a § ping", "docker login -u bob -p § registry", "ldapsearch -w § -D cn=x", "smbclient -U bob%§ //h/s", "http -a bob:§ h", "az login -u b -p §", "keytool -storepass § -list",
	"openssl rsa -passin pass:§", "java -Djavax.net.ssl.keyStorePassword=§ -jar x", "//registry.npmjs.org/:_authToken=§", "machine h login bob password=§", "sqlcmd -U sa -P § -Q x",
	// XML, property lists, YAML, and how languages print what they hold.
	`<wsse:Password Type="x">§</wsse:Password>`, "<Password><![CDATA[§]]></Password>", `<property name="password">§</property>`, `<string name="api_key">§</string>`, "<key>password</key><string>§</string>", `<add key="DbPassword" value="§"/>`,
	"password: |\n  §\nuser: bob", "password: >-\n    §", "- name: DB_PASSWORD\n  value: §", "- name: DB_PASSWORD\n  value: \"§\"", "password: !!str §", `{"passwords":["§","§"]}`, `Map("password" -> "§")`, `Config { password: Some("§") }`, `Config { password: "§" }`,
	"{User:bob Password:§}", "&{Password:§ Host:h}", "map[password:§ user:bob]", "User{name='bob', password='§'}", `{"password"=>"§"}`, `{:password "§"}`, `{'password': b'§'}`, `#<User password: "§">`,
	// Keys in one line, and those of SSH2.
	`-----BEGIN RSA PRIVATE KEY-----\nMIIE§\n-----END RSA PRIVATE KEY-----`, "-----BEGIN PRIVATE KEY----- MIIE§ -----END PRIVATE KEY-----", "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n§\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",
	// Other headers, fields and tongues.
	"X-Amz-Security-Token: §", "Sec-WebSocket-Protocol: bearer.C4§Rx9", "code_verifier=§", "code=4/0Ax§&state=x", "SAMLResponse=§", "authorization_code=§", "card_number=§", "the password you entered (§) is wrong", "Password entered: §", "Das Passwort lautet §",
	"mot de passe: §", "密码：§", "パスワード: §", "password＝§", "password\u00a0=\u00a0§",
}
