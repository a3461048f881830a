<?xml version="1.0" encoding="UTF-8"?>
<!-- MODS from the XOAI document of an item. Written so that it is valid as version 3.1, which the format declares,
     and as every later one. mets.xsl imports this. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns:mods="http://www.loc.gov/mods/v3"
    xmlns:xlink="http://www.w3.org/1999/xlink"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:set="http://exslt.org/sets"
    exclude-result-prefixes="x set">
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>
  <!-- The elements of dc by name: found so in less than half of the time that going through all of them takes. -->
  <xsl:key name="dc" match="/x:metadata/x:element[@name='dc']/x:element" use="@name"/>

  <!-- In what follows an unqualified value is x:element[x:field]/x:field (a language, a value), a qualified one
       x:element[@name=qualifier]/x:element/x:field. Modes say which template it is: to try one after the other whether
       the name is right would take most of the time. -->
  <xsl:template match="/x:metadata">
    <mods:mods xsi:schemaLocation="http://www.loc.gov/mods/v3 http://www.loc.gov/standards/mods/v3/mods-3-1.xsd">
      <xsl:apply-templates select="key('dc', 'contributor')" mode="name"/>
      <xsl:apply-templates select="key('dc', 'creator')" mode="name"/>
      <xsl:apply-templates select="key('dc', 'title')" mode="title"/>
      <xsl:apply-templates select="key('dc', 'type')" mode="type"/>
      <xsl:call-template name="origin"/>
      <xsl:apply-templates select="key('dc', 'language')" mode="language"/>
      <xsl:call-template name="physical"/>
      <xsl:apply-templates select="key('dc', 'coverage')" mode="coverage"/>
      <xsl:apply-templates select="key('dc', 'description')" mode="description"/>
      <xsl:apply-templates select="key('dc', 'identifier')" mode="identifier"/>
      <xsl:apply-templates select="key('dc', 'relation')" mode="related"/>
      <xsl:apply-templates select="key('dc', 'rights')[following-sibling::x:element]" mode="rights"/>
      <xsl:apply-templates select="key('dc', 'source')" mode="related"/>
      <xsl:apply-templates select="key('dc', 'subject')" mode="subject"/>
      <!-- A transformer may put them last. -->
      <xsl:apply-templates select="key('dc', 'rights')[not(following-sibling::x:element)]" mode="rights"/>
      <xsl:apply-templates select="key('dc', 'date')" mode="date"/>
      <mods:recordInfo>
        <mods:recordContentSource><xsl:value-of select="x:element[@name='repository']/x:field[@name='name']"/></mods:recordContentSource>
        <mods:recordIdentifier><xsl:value-of select="x:element[@name='others']/x:field[@name='identifier']"/></mods:recordIdentifier>
      </mods:recordInfo>
    </mods:mods>
  </xsl:template>

  <xsl:template match="x:element" mode="title">
    <xsl:for-each select="x:element/x:field[@name='value']">
      <mods:titleInfo><xsl:call-template name="language"/><mods:title><xsl:value-of select="."/></mods:title></mods:titleInfo>
    </xsl:for-each>
    <xsl:for-each select="x:element/x:element/x:field[@name='value']">
      <mods:titleInfo type="alternative"><xsl:call-template name="language"/><mods:title><xsl:value-of select="."/></mods:title></mods:titleInfo>
    </xsl:for-each>
  </xsl:template>

  <!-- The role is the qualifier: author, editor, advisor… An authority that is an ORCID iD becomes a link. -->
  <xsl:template match="x:element" mode="name">
    <xsl:for-each select="descendant::x:field[@name='value']">
      <xsl:variable name="authority" select="following-sibling::x:field[1][@name='authority']"/>
      <mods:name>
        <xsl:if test="translate($authority, '123456789X', '0000000000') = '0000-0000-0000-0000'">
          <xsl:attribute name="xlink:href"><xsl:value-of select="concat('https://orcid.org/', $authority)"/></xsl:attribute>
        </xsl:if>
        <mods:namePart><xsl:value-of select="."/></mods:namePart>
        <mods:role>
          <mods:roleTerm type="text"><xsl:value-of select="../../@name"/></mods:roleTerm>
        </mods:role>
      </mods:name>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="x:element" mode="type">
    <xsl:for-each select="descendant::x:field[@name='value']">
      <mods:genre><xsl:value-of select="."/></mods:genre>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="origin">
    <xsl:variable name="publishers" select="key('dc', 'publisher')/descendant::x:field[@name='value']"/>
    <xsl:variable name="dates" select="key('dc', 'date')/x:element[x:field or @name='issued' or @name='created'
        or @name='copyright' or @name='submitted' or @name='updated']/descendant::x:field[@name='value']"/>
    <xsl:if test="$publishers or $dates">
      <mods:originInfo>
        <xsl:for-each select="$publishers"><mods:publisher><xsl:value-of select="."/></mods:publisher></xsl:for-each>
        <xsl:for-each select="$dates">
          <xsl:variable name="name" select="../../@name"/>
          <xsl:choose>
            <xsl:when test="$name='issued'"><mods:dateIssued><xsl:call-template name="date"/></mods:dateIssued></xsl:when>
            <xsl:when test="$name='created'"><mods:dateCreated><xsl:call-template name="date"/></mods:dateCreated></xsl:when>
            <xsl:when test="$name='copyright'"><mods:copyrightDate><xsl:call-template name="date"/></mods:copyrightDate></xsl:when>
            <xsl:when test="$name='updated'"><mods:dateModified><xsl:call-template name="date"/></mods:dateModified></xsl:when>
            <xsl:when test="$name='submitted'"><mods:dateOther type="submitted"><xsl:call-template name="date"/></mods:dateOther></xsl:when>
            <xsl:otherwise><mods:dateOther><xsl:call-template name="date"/></mods:dateOther></xsl:otherwise>
          </xsl:choose>
        </xsl:for-each>
      </mods:originInfo>
    </xsl:if>
  </xsl:template>

  <!-- What is written as ISO 8601 has it is declared so; the rest is text. -->
  <xsl:template name="date">
    <xsl:variable name="shape" select="translate(., '123456789 ', '000000000_')"/>
    <xsl:if test="contains(' 0000 0000-00 0000-00-00 0000-00-00T00:00:00Z ', concat(' ', $shape, ' '))
        and not(substring(., 6, 2) &gt; 12 or substring(., 9, 2) &gt; 31)">
      <xsl:attribute name="encoding">iso8601</xsl:attribute>
    </xsl:if>
    <xsl:value-of select="."/>
  </xsl:template>

  <xsl:template match="x:element" mode="language">
    <xsl:for-each select="x:element[@name='iso']/x:element/x:field[@name='value']">
      <mods:language>
        <mods:languageTerm type="code" authority="rfc3066"><xsl:value-of select="translate(., '_', '-')"/></mods:languageTerm>
      </mods:language>
    </xsl:for-each>
    <xsl:for-each select="x:element[not(@name='iso')]/descendant::x:field[@name='value']">
      <mods:language><mods:languageTerm type="text"><xsl:value-of select="."/></mods:languageTerm></mods:language>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="physical">
    <xsl:variable name="formats" select="key('dc', 'format')/descendant::x:field[@name='value']"/>
    <xsl:variable name="files" select="/x:metadata/x:element[@name='bundles']/x:element[x:field[@name='name']='ORIGINAL']
        /x:element[@name='bitstreams']/x:element/x:field[@name='format']"/>
    <xsl:if test="$formats or $files">
      <mods:physicalDescription>
        <xsl:for-each select="$formats">
          <xsl:variable name="name" select="../../@name"/>
          <xsl:choose>
            <xsl:when test="$name='extent'"><mods:extent><xsl:value-of select="."/></mods:extent></xsl:when>
            <xsl:when test="$name='mimetype'"><mods:internetMediaType><xsl:value-of select="."/></mods:internetMediaType></xsl:when>
            <xsl:otherwise><mods:form><xsl:value-of select="."/></mods:form></xsl:otherwise>
          </xsl:choose>
        </xsl:for-each>
        <xsl:for-each select="set:distinct($files)">
          <mods:internetMediaType><xsl:value-of select="."/></mods:internetMediaType>
        </xsl:for-each>
      </mods:physicalDescription>
    </xsl:if>
  </xsl:template>

  <!-- The qualifier says what kind of note it is: sponsorship, version… -->
  <xsl:template match="x:element" mode="description">
    <xsl:for-each select="x:element[@name='abstract']/x:element/x:field[@name='value']">
      <mods:abstract><xsl:call-template name="language"/><xsl:value-of select="."/></mods:abstract>
    </xsl:for-each>
    <xsl:for-each select="x:element[@name='tableofcontents']/x:element/x:field[@name='value']">
      <mods:tableOfContents><xsl:call-template name="language"/><xsl:value-of select="."/></mods:tableOfContents>
    </xsl:for-each>
    <xsl:for-each select="x:element/x:field[@name='value']">
      <mods:note><xsl:call-template name="language"/><xsl:value-of select="."/></mods:note>
    </xsl:for-each>
    <xsl:for-each select="x:element[not(@name='abstract' or @name='tableofcontents')]/x:element/x:field[@name='value']">
      <mods:note type="{../../@name}"><xsl:call-template name="language"/><xsl:value-of select="."/></mods:note>
    </xsl:for-each>
  </xsl:template>

  <!-- Notations of a classification stand apart; the qualifier of other subjects is the list they are from. -->
  <xsl:template match="x:element" mode="subject">
    <xsl:for-each select="x:element/x:field[@name='value']">
      <mods:subject><xsl:call-template name="language"/><mods:topic><xsl:value-of select="."/></mods:topic></mods:subject>
    </xsl:for-each>
    <xsl:for-each select="x:element[not(@name='ddc' or @name='lcc')]/x:element/x:field[@name='value']">
      <mods:subject authority="{../../@name}"><xsl:call-template name="language"/><mods:topic><xsl:value-of select="."/></mods:topic></mods:subject>
    </xsl:for-each>
    <xsl:for-each select="x:element[@name='ddc' or @name='lcc']/x:element/x:field[@name='value']">
      <mods:classification authority="{../../@name}"><xsl:value-of select="."/></mods:classification>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="x:element" mode="coverage">
    <xsl:for-each select="x:element[not(@name='temporal')]/descendant::x:field[@name='value']">
      <mods:subject><mods:geographic><xsl:value-of select="."/></mods:geographic></mods:subject>
    </xsl:for-each>
    <xsl:for-each select="x:element[@name='temporal']/x:element/x:field[@name='value']">
      <mods:subject><mods:temporal><xsl:value-of select="."/></mods:temporal></mods:subject>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="x:element" mode="related">
    <xsl:for-each select="descendant::x:field[@name='value']">
      <xsl:variable name="name" select="../../@name"/>
      <mods:relatedItem>
        <xsl:choose>
          <xsl:when test="$name='ispartofseries'"><xsl:attribute name="type">series</xsl:attribute></xsl:when>
          <xsl:when test="$name='ispartof'"><xsl:attribute name="type">host</xsl:attribute></xsl:when>
          <xsl:when test="$name='isversionof' or $name='hasversion'"><xsl:attribute name="type">otherVersion</xsl:attribute></xsl:when>
          <xsl:when test="$name='isformatof'"><xsl:attribute name="type">otherFormat</xsl:attribute></xsl:when>
          <xsl:when test="$name='haspart'"><xsl:attribute name="type">constituent</xsl:attribute></xsl:when>
          <xsl:when test="$name='isreferencedby'"><xsl:attribute name="type">isReferencedBy</xsl:attribute></xsl:when>
          <xsl:when test="$name='source'"><xsl:attribute name="type">original</xsl:attribute></xsl:when>
        </xsl:choose>
        <xsl:choose>
          <xsl:when test="starts-with(., 'http://') or starts-with(., 'https://')">
            <mods:identifier type="uri"><xsl:value-of select="."/></mods:identifier>
          </xsl:when>
          <xsl:otherwise><mods:titleInfo><mods:title><xsl:value-of select="."/></mods:title></mods:titleInfo></xsl:otherwise>
        </xsl:choose>
      </mods:relatedItem>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="x:element" mode="identifier">
    <xsl:for-each select="x:element/x:field[@name='value']">
      <mods:identifier><xsl:value-of select="."/></mods:identifier>
    </xsl:for-each>
    <xsl:for-each select="x:element/x:element/x:field[@name='value']">
      <mods:identifier type="{../../@name}"><xsl:value-of select="."/></mods:identifier>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="x:element" mode="rights">
    <xsl:for-each select="descendant::x:field[@name='value']">
      <mods:accessCondition type="useAndReproduction"><xsl:value-of select="."/></mods:accessCondition>
    </xsl:for-each>
  </xsl:template>

  <!-- What only repositories know of, as DSpace writes it. -->
  <xsl:template match="x:element" mode="date">
    <xsl:for-each select="x:element[@name='accessioned']/x:element/x:field[@name='value']">
      <mods:extension><mods:dateAccessioned><xsl:call-template name="date"/></mods:dateAccessioned></mods:extension>
    </xsl:for-each>
    <xsl:for-each select="x:element[@name='available']/x:element/x:field[@name='value']">
      <mods:extension><mods:dateAvailable><xsl:call-template name="date"/></mods:dateAvailable></mods:extension>
    </xsl:for-each>
  </xsl:template>

  <!-- The language of a value as xml:lang, where it is one: two or three letters, perhaps a country or a script. -->
  <xsl:template name="language">
    <xsl:variable name="name" select="string(../@name)"/>
    <xsl:if test="$name != 'none' and contains(' aa aaa aa_aa aaa_aa aa_aaaa ', concat(' ', translate($name,
        '-ABCDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz ', '_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.'), ' '))">
      <xsl:attribute name="xml:lang"><xsl:value-of select="translate($name, '_', '-')"/></xsl:attribute>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
